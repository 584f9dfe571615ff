"""Whatever stands in whatever place of a rulebook, it is taken, or refused in words: never a trace."""

import copy
import tomllib
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from booking.core.rulebook import evaluate
from booking.core.rules.engine import decide_fast
from booking.rulebook_answers import as_json
from booking.rulebook_build import build
from booking.rulebook_builder import Builder
from booking.rulebook_merge import signed
from booking.rulebook_requests import request_of
from booking.rulebook_schemas import told
from booking.rulebooks import RulebookError, load, words
from tests.booking.hill import SCHEMA, completed, fenced, hill, hill_text

ODD: list[Any] = [
    None, 5, -1, 10**30, 1.5, float("nan"), "", "x" * 3000, "unknown", [], [[]], [1], ["x"], {}, {"a": 1}, True,
    date(2026, 1, 1), time(1, 2), "1/0", "\ud800",
    {"fact": []}, {"all": []}, {"use": {}}, {"season": []}, {"days": "x", "fact": []}, {"band": [], "is": []},
    {"heads": {}, "is": ">", "value": "1/2", "age_on": []}, {"heads": {"kind": 3}, "is": ">", "value": "1/2"},
    {"heads": {"under": 18}, "but": {}, "is": ">", "value": "1/2"}, {"share": [], "of": {}},
    {"fact": "audience.total", "is": ">", "than": []}, {"fact": "applicant.kind", "is": "in", "list": []},
]  # fmt: skip
EXTRAS = [tomllib.loads(text) for text in fenced("toml") if "family = " not in text]
REQUEST = {"audience": {"people": [{"heads": 3, "born": 2010}], "total": 9},
           "time": {"start": "2026-03-03T18:00", "end": "2026-03-03T20:00"},
           "event": {"kind": "cancelled", "on": "2026-03-01"}}  # fmt: skip


def with_rows(extra: dict[str, Any]) -> dict[str, Any]:
    document = tomllib.loads(hill_text())
    for name, value in completed(copy.deepcopy(extra)).items():
        document[name] = document.get(name, []) + value if isinstance(value, list) else document.get(name, {}) | value
    return document


def places(value: Any, above: tuple = ()) -> list[tuple]:
    """The way to every value below."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way for key, each in inner for way in [(*above, key), *places(each, (*above, key))]]


@st.composite
def spoilt(draw) -> dict[str, Any]:
    document = with_rows(draw(st.sampled_from(EXTRAS)))
    for _ in range(draw(st.integers(1, 2))):
        *above, last = draw(st.sampled_from(places(document)))
        part = document
        for key in above:
            part = part[key]
        part[last] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return document


@given(spoilt())
@settings(max_examples=150, deadline=None)
def test_a_spoilt_rulebook_is_taken_or_refused_in_words(document):
    try:
        builder = Builder(signed(dict(SCHEMA.load(document))), words())
        book = build(builder)
    except ValidationError as error:
        lines = list(told(SCHEMA, error.messages, document))
    else:
        lines = builder.faults
        if book:
            request = request_of(REQUEST, book.words, book.own_facts)
            assert as_json(evaluate(book, request))["kind"] == decide_fast(book, request).kind
            return
    assert all(lines)
    assert lines


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ('[[limits]]\nkind = "commitment"\ncommitment = "self_supervison"', 'did you mean "self_supervision"?'),
        ('[[access]]\nmode = "tag"\nneeds = ["comitment:key"]', 'did you mean "commitment:key"?'),
        ('[[access]]\nmode = "tag"\nrevoke_on = ["missuse"]', 'did you mean "misuse"?'),
        ('[[consequences]]\nfee = "class"\nclass = "payd"', 'did you mean "paid"?'),
        ('[[treat_as]]\nfact = "applicant.knd"\nas = "association"', 'did you mean "applicant.kind"?'),
        ('[[treat_as]]\nfact = "applicant.kind"\nas = "asociation"', 'did you mean "association"?'),
        ('[[tie_breaks]]\nby = "applicant.use_rate"\norder = "desc"', 'did you mean "applicant.use_rate_percent"?'),
        ('[[calendar]]\nkind = "season_to"\nday = "12-10"\nseason = "autum"\n[seasons]\nautumn = [{ first = "08-10" }]',
         'did you mean "autumn"?'),
        ('[[price]]\nclass = "paid"\noverrides = ["others-pays"]', 'did you mean "others-pay"?'),
        ('[facts]\n"applicant.kind" = { type = "word", name = { fi = "x", sv = "x" } }', "is a fact of the program"),
        ('[[priority]]\nresult = "undetermined"\nask = "manger"', 'did you mean "manager"?'),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_the_nearest_known_spelling(rows, fault):
    with pytest.raises(AssertionError) as raised:
        hill(rows)
    assert fault in str(raised.value)


def test_a_document_that_extends_itself_or_nothing_is_refused(tmp_path):
    head = 'family = "a"\nversion = "1"\nvalid_from = 2026-01-01\nname = { fi = "a", sv = "a" }\n'
    for extended, message in (
        ("a-1", "extends itself"),
        ("espo-2019-08", 'did you mean "espoo-2019-08"'),
        ("../x", "not a path"),
    ):
        path = tmp_path / "a-1.toml"
        path.write_text(f'extends = "{extended}"\n{head}', encoding="utf-8")
        with pytest.raises(RulebookError, match=message):
            load(path)

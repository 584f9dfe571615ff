"""The page that explains rulebooks keeps its word: its example loads, its schema fits, its facts are the facts."""

import json
import re
import tomllib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from booking.core.rulebook import Activity, Applicant, Audience, Place, Request, Timing, evaluate
from booking.core.rules.access import Mode
from booking.core.rules.consequences import Fee, SanctionKind, Slot
from booking.core.rules.facts import FACTS
from booking.core.rules.limits import LimitKind, LimitUnit, Status, Window
from booking.core.rules.people import AgeOn
from booking.core.rules.rounds import TiePolicy
from booking.core.span import Span
from booking.rulebook_answers import as_json
from booking.rulebook_json_schema import request_json_schema
from booking.rulebook_price_schemas import PRICE_SECTIONS, PRICE_TABLES
from booking.rulebook_requests import PLAIN_SCHEMA, request_of
from booking.rulebook_schemas import ROW_SCHEMAS, SECTION_SCHEMAS, HeadSchema
from booking.rulebooks import load, shipped, words
from tests.booking.hill import ask, fenced, hill, hill_text
from tests.booking.told_cases import cases, plain

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "rulebook.md").read_text(encoding="utf-8")
SCHEMA = json.loads((DOCS / "rulebook-request.schema.json").read_text())
OTHERS = {"A34", "A63", "A79"}  # a question to a calendar; requests that tell facts of a rulebook's own
HELSINKI = ZoneInfo("Europe/Helsinki")
# the section on money has its own examples, with prices: test_rulebook_docs_money.py
PRICED = {**PRICE_TABLES, **PRICE_SECTIONS}
MONEY = re.search(r"^## \d+\. Money$(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)[1]


WHOLE = [text for text in fenced("toml") if "family = " in text]
SHORT = [text for text in fenced("toml") if "family = " not in text and text not in MONEY]


@pytest.mark.parametrize("text", SHORT, ids=lambda text: text.strip().splitlines()[0][:60])
def test_every_short_example_is_rows_of_a_rulebook(text):
    assert hill(text)


def test_the_rulebook_of_a_house_stands_on_that_of_its_town(tmp_path):
    for text in WHOLE:
        written = tomllib.loads(text)
        (tmp_path / f"{written['family']}-{written['version']}.toml").write_text(text, encoding="utf-8")
    house = load(tmp_path / "hill-hall-2026-01.toml")
    told = {"applicant": {"kind": "company"}, "audience": {"total": 9, "under_18": 0}, "activity": {"purpose": "hobby"},
            "time": {"minutes": 60}}  # fmt: skip
    assert ask(house, **told, space={"premises": "Hill Hall"}).price_cents == 800
    assert ask(house, **told, space={"premises": "Hill School"}).price_cents == 1900
    assert {row.citation.rulebook for row in house.priority.rows} == {"hill", "hill-hall"}


def test_the_whole_rulebook_on_the_page_loads_and_prices_a_kitchen_as_unknown(tmp_path):
    path = tmp_path / "hill-2026-01.toml"
    path.write_text(hill_text(), encoding="utf-8")
    book = load(path)

    def cost(space_kind: str) -> int | None:
        hour = Span(datetime(2026, 2, 3, 18, tzinfo=HELSINKI), datetime(2026, 2, 3, 19, tzinfo=HELSINKI))
        request = Request(
            applicant=Applicant(kind="company", domicile="Hill"),
            activity=Activity(purpose="hobby"),
            audience=Audience(total=10, under_18=5),
            space=Place(kind=space_kind, premises_kind="school"),
            time=Timing(booking_type="single", span=hour, zone=HELSINKI),
        )
        return evaluate(book, request).price_cents

    assert (cost("classroom"), cost("gym"), cost("kitchen")) == (1900, 4000, None)


def test_the_requests_on_the_page_are_requests():
    read = []
    for text in fenced("json"):
        written = json.loads(text)
        Draft202012Validator(SCHEMA).validate(written)
        read.append(request_of(written, words()))
    assert [request.time.span.minutes for request in read] == [240, 180]


def test_every_field_of_an_answer_stands_on_the_page():
    answer = as_json(ask(hill()))
    answered = PAGE[PAGE.index("## 14. The answer as JSON") :]
    for name in answer:
        assert f"`{name}`" in answered, name


def test_every_table_and_field_of_a_rulebook_stands_on_the_page():
    tables = {**ROW_SCHEMAS, **SECTION_SCHEMAS, "document": HeadSchema}
    for table, schema in {name: each for name, each in tables.items() if name not in PRICED}.items():
        for name, field in schema().fields.items():
            assert re.search(rf"\b{field.data_key or name}\b", PAGE), (table, name)


def test_every_limit_fee_and_way_in_stands_on_the_page():
    for kind in (LimitKind, LimitUnit, Fee, Slot, SanctionKind, Mode, Window, Status, AgeOn, TiePolicy):
        for word in kind:
            assert re.search(rf"\b{word.value}\b", PAGE), word


@pytest.mark.parametrize("case", sorted(set(cases()) - OTHERS))
def test_every_told_case_fits_the_published_schema(case):
    Draft202012Validator(SCHEMA).validate(plain(cases()[case]["told"]))


def test_the_published_schema_has_the_fields_that_are_read():
    for name, field in PLAIN_SCHEMA.fields.items():
        assert set(SCHEMA["properties"][name]["properties"]) == set(field.schema.fields)


def test_the_published_schema_is_the_one_made_from_the_catalogue():
    assert request_json_schema() == SCHEMA, "vuoro rulebook request-schema > docs/rulebook-request.schema.json"


def test_every_fact_and_every_shipped_rulebook_stands_on_the_page():
    for name in FACTS:
        assert f"`{name}`" in PAGE or f"`{name.split('.')[1]}`" in PAGE, name
    for book in shipped():
        assert f"`{book.id}`" in PAGE

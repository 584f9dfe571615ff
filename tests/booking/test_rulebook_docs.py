"""The page that explains rulebooks keeps its word: its example loads, its schema fits, its facts are the facts."""

import json
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from booking.core.rulebook import Activity, Applicant, Audience, Place, Request, Timing, evaluate
from booking.core.rules.facts import FACTS
from booking.core.span import Span
from booking.rulebook_json_schema import request_json_schema
from booking.rulebook_requests import PLAIN_SCHEMA, request_of
from booking.rulebooks import load, shipped, words

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "rulebook.md").read_text(encoding="utf-8")
SCHEMA = json.loads((DOCS / "rulebook-request.schema.json").read_text())
REQUESTS = sorted((Path(__file__).parent / "cases" / "requests").glob("*.json"))
NO_REQUESTS = {"A25", "A34"}  # questions of another kind: an invoice run, a calendar
HELSINKI = ZoneInfo("Europe/Helsinki")


def fenced(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL).group(1)


def test_the_whole_rulebook_on_the_page_loads_and_prices_a_kitchen_as_unknown(tmp_path):
    path = tmp_path / "hill-2026-01.toml"
    path.write_text(fenced("toml"), encoding="utf-8")
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


def test_the_request_on_the_page_is_a_request():
    written = json.loads(fenced("json"))
    Draft202012Validator(SCHEMA).validate(written)
    assert request_of(written, words()).time.span.minutes == 240


@pytest.mark.parametrize(
    "path", [path for path in REQUESTS if path.stem not in NO_REQUESTS], ids=lambda path: path.stem
)
def test_every_told_case_fits_the_published_schema(path):
    Draft202012Validator(SCHEMA).validate(json.loads(path.read_text()))


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

"""Every example of money on the page that explains rulebooks is loaded, and its worked examples come out as written."""

import json
import re
from pathlib import Path

import pytest

from booking.core.money import euros
from booking.core.rulebook import Outcome
from booking.core.rules.formulas import Unit
from booking.rulebook_price_schemas import AddOnSchema, AdjustmentSchema, InvoicingSchema, RateSchema, VatSchema
from booking.rulebook_row_schemas import RuleSchema
from tests.booking.price_towns import asked, town

PAGE = (Path(__file__).parents[2] / "docs" / "rulebook.md").read_text(encoding="utf-8")
SECTION = re.search(r"^## \d+\. Money$(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)[1]
EXAMPLE = re.compile(r"```toml\n(?P<rows>.*?)```\n\n(?P<table>(?:\|[^\n]*\n)+)", re.DOTALL)
WORKED = re.compile(r"^\| `(?P<request>\{.*\})` \| (?P<sum>[^|]*) \| `(?P<formula>[^|]*)` \|$", re.MULTILINE)
SUMS = {
    "price": lambda found: found.price_cents,
    "total": lambda found: found.total_cents,
    "VAT": lambda found: found.vat_cents,
    "invoice now": lambda found: found.invoice.now_cents,
}


def worked_examples() -> list[tuple[str, str, str, str, str]]:
    """Rows, what is counted, the request, the sum and its working, of every example with a table below."""
    found = []
    for example in EXAMPLE.finditer(SECTION):
        column = example["table"].splitlines()[0].split("|")[2].strip()
        rows = WORKED.finditer(example["table"])
        found += [(example["rows"], column, row["request"], row["sum"].strip(), row["formula"]) for row in rows]
    return found


WORKED_EXAMPLES = worked_examples()


def test_every_example_of_the_section_has_its_table():
    assert SECTION.count("```toml") == len(EXAMPLE.findall(SECTION)) >= 10
    assert len(WORKED_EXAMPLES) == len(re.findall(r"^\| `\{", SECTION, re.MULTILINE)) >= 30


@pytest.mark.parametrize(
    ("rows", "column", "request_", "told", "formula"), WORKED_EXAMPLES, ids=[one[2] for one in WORKED_EXAMPLES]
)
def test_a_worked_example_comes_out_as_the_page_says(rows, column, request_, told, formula):
    found: Outcome = asked(town(rows), **json.loads(request_))
    cents = SUMS[column](found)
    assert ("unknown" if cents is None else euros(cents)) == told
    assert found.formula == formula.strip("`")


def test_the_section_names_every_unit_and_every_field_of_money():
    for unit in Unit:
        assert f"`{unit}`" in SECTION, unit
    for schema in (RateSchema, AdjustmentSchema, AddOnSchema, VatSchema, InvoicingSchema):
        own = [field.data_key or name for name, field in schema().fields.items() if name not in RuleSchema().fields]
        for name in own:
            assert re.search(rf"\b{name}\b", SECTION), name

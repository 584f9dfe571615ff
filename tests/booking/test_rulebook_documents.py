"""Rulebook files: what a fault in one says, how versions amend each other, and which is in force on a day."""

from datetime import date
from pathlib import Path

import pytest

from booking.rulebooks import NoRulebook, RulebookError, in_force, load, load_all, shipped
from booking.terms import terms

SMALL = """
family = "hill"
version = "2024-01"
valid_from = 2024-01-01
municipality = "Hill"
binding_language = "fi"
decider = "manager"
name = { fi = "Mäki", sv = "Backen" }
[sources.S1]
title = "Invented"
[policy]
priority = "first_match"
price = "most_favourable"
[[priority_classes]]
id = "all"
name = { fi = "Kaikki", sv = "Alla" }
[[price_classes]]
id = "paid"
name = { fi = "Maksullinen", sv = "Avgiftsbelagd" }
[[priority]]
id = "everyone"
class = "all"
decision = "§ 1"
source = "S1"
text = { fi = "Kaikki", sv = "Alla" }
[[price]]
id = "everyone-pays"
class = "paid"
when = { fact = "applicant.kind", is = "in", value = ["association", "person"] }
decision = "§ 1"
source = "S1"
text = { fi = "Kaikki", sv = "Alla" }
[[rates]]
id = "hourly"
class = "paid"
unit = "hour"
amount = "12.50"
decision = "§ 1"
source = "S1"
text = { fi = "Tunti", sv = "Timme" }
"""


def written(folder: Path, text: str, name: str = "hill-2024-01.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(RulebookError) as raised:
        load(written(folder, text))
    return raised.value.lines


def test_a_small_rulebook_needs_no_code(tmp_path):
    book = load(written(tmp_path, SMALL))
    assert (book.id, book.price.rows[0].citation.decision) == ("hill-2024-01", "§ 1")


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ('amount = "12.50"\ndecision', 'amount = "12.50"\ndecison',
         'hill-2024-01.toml: rates: hourly: decison: unknown field; did you mean "decision"?'),
        ('sv = "Timme"', 'sw = "Timme"',
         "hill-2024-01.toml: rates: hourly: text: sw: unknown field; known: en, fi, sv"),
        ('amount = "12.50"', "amount = 12.5",
         'hill-2024-01.toml: rates: hourly: amount: an amount is a text such as "7.50", zero or more, not 12.5'),
        ('amount = "12.50"', 'amount = "-1"',
         'hill-2024-01.toml: rates: hourly: amount: an amount is a text such as "7.50", zero or more, not \'-1\''),
        ('amount = "12.50"\n', "",
         'hill-2024-01.toml: hourly: amount: missing; write "unknown" when the sources do not tell it'),
        ('class = "paid"\nwhen', 'class = "payd"\nwhen',
         'hill-2024-01.toml: everyone-pays: class: unknown "payd"; did you mean "paid"?'),
        ('source = "S1"\ntext = { fi = "Tunti"', 'source = "S2"\ntext = { fi = "Tunti"',
         'hill-2024-01.toml: hourly: source: unknown "S2"; known: S1'),
        ('"association", "person"', '"association", "persn"',
         'hill-2024-01.toml: everyone-pays: when: "persn" is no applicant_kind; did you mean "person"?'),
        ('unit = "hour"', 'unit = "hours"',
         'hill-2024-01.toml: rates: hourly: unit: unknown "hours"; did you mean "hour"?'),
        ("valid_from = 2024-01-01", 'valid_from = "soon"',
         "hill-2024-01.toml: valid_from: a day is written as 2019-08-01, not 'soon'"),
        ('decider = "manager"', 'decider = "managr"',
         'hill-2024-01.toml: decider: ask: unknown "managr"; did you mean "manager"?'),
        ('municipality = "Hill"\n', "", "hill-2024-01.toml: municipality: missing"),
        ('id = "hourly"\nclass', 'id = "Per Hour"\nclass',
         "hill-2024-01.toml: rates: Per Hour: id: small letters, digits and hyphens only"),
    ],
)  # fmt: skip
def test_a_fault_names_file_row_and_field(tmp_path, was, becomes, fault):
    assert SMALL.count(was) >= 1
    assert fault in faults(tmp_path, SMALL.replace(was, becomes, 1))


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    text = SMALL.replace('"person"]', '"persn"]').replace('source = "S1"', 'source = "S9"')
    assert len(faults(tmp_path, text)) == 4


def test_a_file_that_is_not_toml_says_where(tmp_path):
    assert "not TOML" in faults(tmp_path, "family = hill")[0]
    assert "line 1" in faults(tmp_path, "family = hill")[0]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RulebookError, match=r"nothing\.toml: no such file"):
        load(tmp_path / "nothing.toml")


def test_two_rows_of_one_id_are_refused(tmp_path):
    again = SMALL[SMALL.index("[[rates]]") :]
    assert faults(tmp_path, SMALL + again) == ("hill-2024-01.toml: hourly: id: used twice in rates",)


def test_conditions_may_use_each_other_but_not_in_a_ring(tmp_path):
    fine = SMALL + '[conditions]\na = { use = "b" }\nb = { always = true }\n'
    assert load(written(tmp_path, fine))
    ring = SMALL + '[conditions]\na = { use = "b" }\nb = { not = { use = "a" } }\n'
    assert "use each other in a ring: a, b, a" in faults(tmp_path, ring)[0]


CHANGE = """
family = "hill"
version = "2025-01"
amends = "2024-01"
valid_from = 2025-01-01
name = { fi = "Mäki 2025", sv = "Backen 2025" }
[[rates]]
id = "hourly"
class = "paid"
unit = "hour"
amount = "15.00"
decision = "§ 7"
source = "S1"
text = { fi = "Tunti", sv = "Timme" }
"""


def test_an_amendment_changes_its_own_rows_and_keeps_who_decided_the_others(tmp_path):
    written(tmp_path, SMALL)
    book = load(written(tmp_path, CHANGE, "hill-2025-01.toml"))
    assert [rate.formula.amounts.amount for rate in book.rates] == [15]
    assert (book.rates[0].row.citation.version, book.rates[0].row.citation.decision) == ("2025-01", "§ 7")
    kept = book.price.rows[0].citation
    assert (kept.version, kept.valid_from) == ("2024-01", date(2024, 1, 1))


def test_an_amendment_can_drop_a_row_but_only_one_that_is_there(tmp_path):
    written(tmp_path, SMALL)
    dropped = CHANGE.replace("valid_from", 'drop = ["everyone-pays"]\nvalid_from', 1)
    assert load(written(tmp_path, dropped, "hill-2025-01.toml")).price.rows == ()
    lost = written(tmp_path, dropped.replace("everyone-pays", "everyone-pay"), "hill-2025-01.toml")
    with pytest.raises(RulebookError, match='did you mean "everyone-pays"'):
        load(lost)


def test_the_day_of_use_picks_the_version(tmp_path):
    written(tmp_path, SMALL)
    written(tmp_path, CHANGE, "hill-2025-01.toml")
    books = load_all(tmp_path)
    assert in_force(books, "hill", date(2024, 12, 31)).version == "2024-01"
    assert in_force(books, "hill", date(2025, 1, 1)).version == "2025-01"
    with pytest.raises(NoRulebook, match="in force on 2023-12-31; there are hill-2024-01 from 2024-01-01"):
        in_force(books, "hill", date(2023, 12, 31))
    with pytest.raises(NoRulebook, match='did you mean "hill"'):
        in_force(books, "hil", date(2025, 1, 1))


def test_a_version_that_has_ended_is_not_in_force(tmp_path):
    written(tmp_path, SMALL.replace("municipality", "valid_to = 2024-06-30\nmunicipality"))
    books = load_all(tmp_path)
    assert in_force(books, "hill", date(2024, 6, 30))
    with pytest.raises(NoRulebook):
        in_force(books, "hill", date(2024, 7, 1))


def test_a_folder_tells_the_faults_of_all_its_files(tmp_path):
    written(tmp_path, SMALL.replace("valid_from", "valid_form", 1))
    written(tmp_path, SMALL, "misnamed.toml")
    with pytest.raises(RulebookError) as raised:
        load_all(tmp_path)
    assert [line.split(":")[0] for line in raised.value.lines] == ["hill-2024-01.toml"] * 2 + ["misnamed.toml"]


def test_the_version_in_force_today_keeps_what_2019_decided_and_adds_the_exclusions():
    today = in_force(shipped(), "espoo", date(2026, 11, 22))
    excluded = {row.citation.row for row in today.exclusions.rows}
    assert {"school-not-political", "school-no-private-occasions"} <= excluded
    assert "single-at-most-three" in {limit.row.citation.row for limit in today.limits}
    assert any(row.citation.version == "2019-08" for row in today.price.rows)


def test_a_term_that_ends_before_it_begins_is_refused(tmp_path):
    text = (
        'municipality = "Hill"\npremises_kind = "school"\ndecision = "§ 1"\nsource = "x"\n[[terms]]\nmode = "all"\n'
        'name = { fi = "a", sv = "b" }\nfirst_on = 2026-02-01\nlast_on = 2026-01-01\n'
    )
    with pytest.raises(RulebookError, match="terms: number 1: last_on: is before first_on 2026-02-01"):
        terms(written(tmp_path, text, "terms-hill.toml"))

"""`vuoro bench booking` runs and prints well-formed figures; how fast it was is nobody's promise."""

import json

import pytest
from click.testing import CliRunner

from bench.booking import Broken, Crowd, Crowding
from bench.cli import bench
from booking.ids import SpaceId

TINY = ["booking", "--seconds", "0.1", "--threads", "3"]


@pytest.fixture(scope="module")
def answer(postgres_url):
    ran = CliRunner().invoke(bench, [*TINY, "--postgres", postgres_url, "--json"], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout), ran.stderr


@pytest.mark.postgres
def test_each_database_is_measured_alone_apart_and_after_one_slot_with_the_floor_beside(answer):
    rows = [(row["database"], row["crowding"], row["what"]) for row in answer[0]["bookings"]]
    databases = ("sqlite", "postgresql")
    assert rows == [
        (db, one.value, what) for db in databases for one in Crowding for what in ("bare INSERT", "booking")
    ]


@pytest.mark.postgres
def test_figures_are_positive_and_the_booking_says_what_part_of_the_floor_it_reaches(answer):
    for row in answer[0]["bookings"]:
        assert row["won_per_s"] > 0
        assert row["answered_per_s"] >= row["won_per_s"]
        assert row["answer"]["p50_ms"] <= row["answer"]["p99_ms"] <= row["answer"]["longest_ms"]
        assert (row["of_bare"] is None) == (row["what"] == "bare INSERT")


@pytest.mark.postgres
def test_progress_goes_to_standard_error(answer):
    told, progress = answer
    assert told["missing"] == ""
    assert progress.count("sqlite: booking") == 3


def test_a_slot_with_two_winners_stops_the_measurement():
    with pytest.raises(Broken, match="2 winners"):
        Crowd(lambda space, number: True, 1).fight(SpaceId(1), 2)


def test_a_slot_that_nobody_gets_stops_the_measurement():
    with pytest.raises(Broken, match="0 winners"):
        Crowd(lambda space, number: False, 1).fight(SpaceId(1), 2)


def test_a_slot_taken_by_nobody_stops_the_measurement():
    with pytest.raises(Broken, match="by nobody"):
        Crowd(lambda space, number: number < 3, 5).spread([SpaceId(1)])


def test_bad_options_end_with_exit_code_2():
    for options in (["--seconds", "0"], ["--threads", "1"], ["--surprise"]):
        assert CliRunner().invoke(bench, ["booking", *options]).exit_code == 2

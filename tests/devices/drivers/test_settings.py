"""What a make asks of a door is asked for, and nothing else is taken."""

from __future__ import annotations

import pytest

from devices.drivers import settings
from devices.drivers.settings import BadSetting, Setting


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = (Setting("address", "[0-9]{1,3}"), Setting("pulse", "[0-9]+", usual="5"))
    monkeypatch.setattr(settings, "SETTINGS", {"bus": fields})


def test_what_is_not_given_is_as_usual(asked: None) -> None:
    assert settings.checked("bus", {"address": " 7 "}) == {"address": "7", "pulse": "5"}


@pytest.mark.parametrize(
    ("given", "name"), [({}, "address"), ({"address": "x"}, "address"), ({"address": "7", "baud": "9600"}, "baud")]
)
def test_what_is_missing_wrong_or_unknown_is_named(asked: None, given: dict[str, str], name: str) -> None:
    with pytest.raises(BadSetting, match=name):
        settings.checked("bus", given)


def test_makes_that_need_nothing_take_nothing() -> None:
    assert settings.checked("nuki", {}) == {}

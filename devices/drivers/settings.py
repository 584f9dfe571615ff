"""What each make must be told of one door beside its topic or port: named texts with a form. Pages ask for these."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


class BadSetting(ValueError):
    """`name` is the setting that is missing, unknown or not in its form."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `form`: a regular expression of the whole text; `usual`: what stands when nothing is given, None
    where something must be."""

    name: str
    form: str
    usual: str | None = None


SETTINGS: Mapping[str, tuple[Setting, ...]] = {}


def settings_of(driver: str) -> tuple[Setting, ...]:
    """What this make asks for, in the order to ask."""
    return SETTINGS.get(driver, ())


def checked(driver: str, given: Mapping[str, str]) -> dict[str, str]:
    """The settings as they are kept, each with a text. Raises BadSetting."""
    asked = {each.name: each for each in settings_of(driver)}
    if unknown := sorted(given.keys() - asked.keys()):
        raise BadSetting(unknown[0])
    return {name: _fitting(each, given.get(name, "").strip()) for name, each in asked.items()}


def _fitting(setting: Setting, text: str) -> str:
    found = text or setting.usual
    if found is None or not re.fullmatch(setting.form, found):
        raise BadSetting(setting.name)
    return found

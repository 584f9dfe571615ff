"""Conditions in plain language: a tree of sentences in the language of the page, from the condition as written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from booking.core.toml_text import inline
from web.rule_words import Speech, plain

GROUPS = ("all", "any", "not", "at_least")


@dataclass(frozen=True, slots=True)
class Said:
    """One condition in words. `joint` is "" for a sentence, else how its parts hang together: all, any, not, some.

    `path`: where it stands in the whole, as numbers from the top; `name`: the named condition it was written as."""

    text: str
    path: str = ""
    joint: str = ""
    parts: tuple[Said, ...] = ()
    name: str = ""

    @property
    def inline(self) -> str:
        """The whole on one line."""
        if not self.joint:
            return self.text
        if self.joint == "not":
            return f"{self.text} ({self.parts[0].inline})"
        inner = [f"({part.inline})" if len(part.parts) > 1 else part.inline for part in self.parts]
        word = {"all": _("AND"), "any": _("OR")}.get(self.joint)
        return f" {word} ".join(inner) if word else f"{self.text} {'; '.join(inner)}"


def parts_of(spec: Any) -> list[Any]:
    """The conditions inside a group, in order; none for a sentence."""
    if not isinstance(spec, Mapping):
        return []
    if "not" in spec:
        return [spec["not"]]
    listed = next((spec[key] for key in ("all", "any") if key in spec), spec.get("of") if "at_least" in spec else None)
    return list(listed) if isinstance(listed, list) else []


def condition_said(spec: Any, speech: Speech, path: str = "") -> Said:
    """A condition in words. What no sentence is known for stands as it is written."""
    if not isinstance(spec, Mapping):
        return Said(inline(spec) if spec is not None else _("always"), path)
    if "use" in spec:
        return _named(str(spec["use"]), speech, path)
    if any(key in spec for key in GROUPS):
        return _group(spec, speech, path)
    for key, sentence in SENTENCES.items():
        if key in spec:
            return Said(str(sentence(spec, speech)) + _if_not_told(spec), path)
    return Said(inline(spec), path)


def _named(name: str, speech: Speech, path: str) -> Said:
    known = speech.document.get("conditions", {})
    if name not in known or name in speech.above:
        return Said(name, path, name=name)
    said = condition_said(known[name], Speech(speech.document, (*speech.above, name)))
    return Said(said.text, path, said.joint, said.parts, name)


def _group(spec: Mapping[str, Any], speech: Speech, path: str) -> Said:
    inner = [
        condition_said(part, speech, f"{path}.{place}" if path else str(place))
        for place, part in enumerate(parts_of(spec))
    ]
    if "not" in spec:
        return Said(_("not:"), path, "not", tuple(inner))
    if "at_least" in spec:
        return Said(_("at least %(count)s of these:", count=spec["at_least"]), path, "some", tuple(inner))
    joint = "all" if "all" in spec else "any"
    return Said(_("all of these hold:") if joint == "all" else _("any of these holds:"), path, joint, tuple(inner))


def _if_not_told(spec: Mapping[str, Any]) -> str:
    words = {"yes": _("(not told counts as yes)"), "no": _("(not told counts as no)")}
    said = words.get(str(spec.get("not_told")))
    return f" {said}" if said else ""


def joined(words: Sequence[str]) -> str:
    """Words with commas and “or” before the last."""
    if len(words) < 2:
        return "".join(words)
    return str(_("%(first)s or %(last)s", first=", ".join(words[:-1]), last=words[-1]))


def signed_value(sign: str, value: str) -> str:
    """A comparison with a value: "more than 20"."""
    sentences: Mapping[str, Callable[[], Any]] = {
        ">": lambda: _("more than %(value)s", value=value),
        ">=": lambda: _("at least %(value)s", value=value),
        "<": lambda: _("less than %(value)s", value=value),
        "<=": lambda: _("at most %(value)s", value=value),
        "!=": lambda: _("not %(value)s", value=value),
        "not_in": lambda: _("none of: %(value)s", value=value),
        "has": lambda: _("includes %(value)s", value=value),
        "has_any": lambda: _("includes %(value)s", value=value),
        "has_all": lambda: _("includes all of: %(value)s", value=value),
    }
    return str(sentences.get(sign, lambda: value)())


def _fact(spec: Mapping[str, Any], speech: Speech) -> str:
    name, sign = str(spec["fact"]), str(spec.get("is", "=="))
    if "than" in spec:
        factor = f"{spec['times']} × " if "times" in spec else ""
        return f"{speech.fact(name)}: {signed_value(sign, factor + speech.fact(str(spec['than'])))}"
    return f"{speech.fact(name)}: {signed_value(sign, _values(name, spec, speech))}"


def _values(name: str, spec: Mapping[str, Any], speech: Speech) -> str:
    values = speech.document.get("lists", {}).get(spec["list"], []) if "list" in spec else spec.get("value")
    if not isinstance(values, list):
        return speech.fact_value(name, values)
    words = [speech.fact_value(name, each) for each in values]
    return ", ".join(words) if spec.get("is") in ("not_in", "has_all") else joined(words)


def share_said(value: Any) -> str:
    return str(_("half")) if str(value) in ("1/2", "0.5") else str(value)


def _share(spec: Mapping[str, Any], speech: Speech) -> str:
    limit = signed_value(str(spec.get("is")), share_said(spec.get("value")))
    return out_of(speech.fact(str(spec["share"])), limit, speech.fact(str(spec.get("of"))))


def out_of(part: str, limit: str, whole: str) -> str:
    return str(_("%(part)s: %(limit)s (out of: %(whole)s)", part=part, limit=limit, whole=whole))


def _heads(spec: Mapping[str, Any], speech: Speech) -> str:
    who, whole = who_said(spec["heads"], speech), who_said(spec.get("of", {}), speech)
    limit = signed_value(str(spec.get("is")), share_said(spec.get("value")))
    if "but" in spec:
        whole = _("%(whole)s, without: %(but)s", whole=whole, but=who_said(spec["but"], speech))
    if spec.get("count") is True:
        return f"{who}: {limit}"
    return out_of(who, limit, whole)


def who_said(who: Any, speech: Speech) -> str:
    """The people of a share: "under 18, residents of the municipality"."""
    if not isinstance(who, Mapping) or not who:
        return speech.fact("audience.total")
    sentences: dict[str, Any] = {
        "under": lambda age: _("under %(age)s years old", age=age),
        "from_age": lambda age: _("at least %(age)s years old", age=age),
        "to_age": lambda age: _("at most %(age)s years old", age=age),
        "born_from": lambda day: _("born on or after %(day)s", day=plain(day)),
        "born_to": lambda day: _("born on or before %(day)s", day=plain(day)),
        "resident": lambda yes: speech.fact("audience.residents") if yes else _("not residents"),
        "leader": lambda yes: speech.fact("audience.leaders") if yes else _("not leaders"),
    }
    return ", ".join(str(sentences[key](value)) if key in sentences else plain(value) for key, value in who.items())


def _band(spec: Mapping[str, Any], _speech: Speech) -> str:
    first, last = (str(each) for each in spec["band"]) if len(spec["band"]) == 2 else ("?", "?")
    span = f"{first}–{last}"
    sentences: Mapping[str, Callable[[], Any]] = {
        "starts_in": lambda: _("the time starts within %(span)s", span=span),
        "ends_in": lambda: _("the time ends within %(span)s", span=span),
        "overlaps": lambda: _("the time is at least partly within %(span)s", span=span),
    }
    return str(sentences.get(str(spec.get("is")), lambda: _("the time is wholly within %(span)s", span=span))())


def _days(spec: Mapping[str, Any], speech: Speech) -> str:
    fact = speech.fact(str(spec.get("fact", "time.use_on")))
    return str(_("%(fact)s is one of the days: %(list)s", fact=fact, list=str(spec["days"]).replace("_", " ")))


SENTENCES: Mapping[str, Callable[[Mapping[str, Any], Speech], Any]] = {
    "always": lambda spec, speech: _("always"),
    "not_told_fact": lambda spec, speech: _("not told: %(fact)s", fact=speech.fact(str(spec["not_told_fact"]))),
    "share": _share,
    "heads": _heads,
    "band": _band,
    "days": _days,
    "season": lambda spec, speech: f"{speech.fact('time.season')}: {speech.word('season', str(spec['season']))}",
    "fact": _fact,
}

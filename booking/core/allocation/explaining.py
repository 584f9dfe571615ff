"""Why a section got what it got, wish by wish, and which change would have won: for people, as plain values.

Never whose a slot is: of those who hold it only the class, its rule and how many they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from booking.core.allocation.instance import Instance, Option, Section, Slot, Space
from booking.core.allocation.offering import Offer, Offers
from booking.core.allocation.result import Result
from booking.core.allocation.rivals import Plan, shortest, starts
from booking.core.allocation.standing import Refused, Standing
from booking.core.allocation.truth import WEEKDAYS, Truth, matches, stretches

# What a closed audit leaves at nothing; in a plan made by hand it may be found, and is then no rule that can be cited.
UNPROVEN = {"idle": "system_total", "class_envy": "system_total"}


@dataclass(frozen=True, slots=True)
class Explained:
    """A section's events asked and granted, why not more, and what could be had instead. `reasons` and `offers` are
    JSON of docs/allocation-format.md; both are empty where everything asked was granted."""

    section: str
    asked: int
    granted: int
    reasons: tuple[dict[str, Any], ...] = ()
    offers: tuple[dict[str, Any], ...] = ()


class Explainer:
    """Built once for a result, then asked of any section."""

    def __init__(self, instance: Instance, result: Result) -> None:
        self.truth = Truth(instance)
        self.plan = Plan(self.truth, result.grants)
        self.standing = Standing(self.plan, result.run.seed)
        self.offers = Offers(self.standing)

    def explain(self, section_id: str) -> Explained:
        """Raises KeyError for a section that is not in the round."""
        section = self.truth.sections[section_id]
        granted = self.plan.granted(section)
        if granted >= section.events:
            return Explained(section_id, section.events, granted)
        reasons = tuple(self._reasons(section))
        offers = tuple(_offer(one) for one in self.offers.of(section))
        return Explained(section_id, section.events, granted, reasons, offers)

    def explain_all(self) -> Iterator[Explained]:
        for section in self.truth.instance.sections:
            yield self.explain(section.id)

    def _reasons(self, section: Section) -> Iterator[dict[str, Any]]:
        for option in section.options:
            if not any(matches(option, space) for space in self._meant(option)):
                yield from self._for_windows(section, "no_such_space", None, _named(option))
        refused = self.standing.by_space(section)
        for space, _, lack in self.standing.spaces(section):
            if lack is not None:
                yield from self._for_windows(section, lack, space, {})
            else:
                yield from self._too_short(section, space)
                yield from map(self._with_why, _merged(refused[space.id], self.truth.instance.grid_min))

    def _meant(self, option: Option) -> Iterable[Space]:
        if option.space is not None:
            return [self.truth.spaces[option.space]] if option.space in self.truth.spaces else []
        return self.truth.instance.spaces

    def _for_windows(
        self, section: Section, code: str, space: Space | None, detail: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """What stands against every time of a space, told for each stretch of wished times."""
        for weekday in WEEKDAYS:
            for start, end in stretches(section.windows, weekday):
                told = {"code": code, "weekday": weekday, "start_min": start, "end_min": end}
                named = {} if space is None else {"space": space.id}
                yield told | named | {"blockers": 0, "detail": dict(detail)}

    def _with_why(self, reason: dict[str, Any]) -> dict[str, Any]:
        """With the reasons of what is taken beforehand, where that is what stands against it."""
        if reason["code"] == "closed_dates":
            slot = Slot(reason["space"], reason["weekday"], reason["start_min"], reason["end_min"])
            reason["detail"]["taken"] = self.truth.taken_by(slot)
        return reason

    def _too_short(self, section: Section, space: Space) -> Iterator[dict[str, Any]]:
        """Wished times that cannot hold an event of the least length: told as not open, with both lengths."""
        grid = self.truth.instance.grid_min
        length = shortest(section, grid)
        for weekday in WEEKDAYS:
            windows = stretches(section.windows, weekday)
            if windows and (length is None or not list(starts(section, weekday, length, grid))):
                start, end = windows[0]
                detail = {"window_minutes": max(b - a for a, b in windows), "least_minutes": section.min_minutes}
                yield {"code": "not_open", "weekday": weekday, "start_min": start, "end_min": end, "space": space.id,
                       "blockers": 0, "detail": detail}  # fmt: skip


def _named(option: Option) -> dict[str, Any]:
    told = {"space": option.space, "kind": option.kind, "premises": option.premises, "district": option.district}
    return {name: value for name, value in told.items() if value is not None}


def _merged(rows: Iterable[Refused], grid: int) -> Iterator[dict[str, Any]]:
    """Refusals of one space; those that follow one another for one reason are told as one stretch."""
    run: list[Refused] = []
    for one in rows:
        if run and not (_same(run[-1], one) and _follows(run[-1], one, grid)):
            yield _told(run)
            run = []
        run.append(one)
    if run:
        yield _told(run)


def _same(one: Refused, other: Refused) -> bool:
    keys = ("class", "rule", "quota", "tier")
    return one.code == other.code and all(one.detail.get(key) == other.detail.get(key) for key in keys)


def _follows(one: Refused, other: Refused, grid: int) -> bool:
    return one.slot.weekday == other.slot.weekday and other.slot.start_min - one.slot.start_min == grid


def _told(run: list[Refused]) -> dict[str, Any]:
    """One reason: the stretch, what is cited, how many events stand against it, and further facts."""
    first = run[0]
    cited = {key: first.detail[key] for key in ("class", "rule", "quota") if first.detail.get(key)}
    further = max((one.detail for one in run), key=lambda detail: int(detail.get("dates", 0)))
    detail = {key: value for key, value in further.items() if key not in ("class", "rule", "quota", "improving")}
    return {
        "code": UNPROVEN.get(first.code, first.code),
        "weekday": first.slot.weekday,
        "start_min": first.slot.start_min,
        "end_min": run[-1].slot.end_min,
        "space": first.slot.space,
        **cited,
        "blockers": len({blocker.number for one in run for blocker in one.blockers}),
        "detail": detail,
    }


def _offer(offer: Offer) -> dict[str, Any]:
    slot = offer.slot
    difference = {
        "minutes": offer.minutes,
        "day": offer.day,
        "space": offer.space,
        "metres": offer.metres,
        "shorter": offer.shorter,
    }
    place = {"space": slot.space, "weekday": slot.weekday, "start_min": slot.start_min, "end_min": slot.end_min}
    return place | {"difference": difference}


def explain(instance: Instance, result: Result, section_id: str) -> Explained:
    """One section alone; for several, build an Explainer once."""
    return Explainer(instance, result).explain(section_id)


def explain_all(instance: Instance, result: Result) -> list[Explained]:
    return list(Explainer(instance, result).explain_all())

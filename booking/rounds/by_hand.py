"""What officials set in a scenario themselves, each with a reason: a slot pinned, moved, locked or removed, somebody or
some time excluded. Hard facts are never passed over. Then it is solved again, and changes as little as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.core.allocation.instance import Slot
from booking.ids import OrganisationId, PersonId, SpaceId
from booking.models import Organisation, Space
from booking.practice import practice
from booking.refusals import BadInput, NotFound, NotNow, SlotImpossible
from booking.rounds import scenarios
from booking.rounds.hand_checks import against
from booking.rounds.keeping import spaces_by_ref
from booking.rounds.models import Application, Round, Section
from booking.rounds.plan_models import OfficialAct, Placement, Scenario, ScenarioState, Served
from booking.rounds.what_if import slot_facts

STAYS = ("pin", "hand")


@dataclass(frozen=True, slots=True)
class Official:
    """Who sets something, when and why."""

    by: PersonId
    now: datetime
    reason: str


def pin(session: Session, scenario: Scenario, section: Section, slot: Slot, official: Official) -> Placement:
    """Give a section this slot; it stays when the round is solved again. Raises SlotImpossible with what stands
    against it, NotNow, BadInput without a reason."""
    begin(session, scenario, official)
    check(session, scenario, section, slot)
    space = spaces_by_ref(session, scenario)[slot.space]
    dates, of_dates = dates_of(session, scenario, section, slot)
    row = Placement(
        scenario_id=scenario.id,
        section_id=section.id,
        space_id=space,
        weekday=slot.weekday,
        start_min=slot.start_min,
        end_min=slot.end_min,
        origin="pin",
        locked=True,
        reason=official.reason.strip(),
        dates=dates,
        of_dates=of_dates,
    )
    session.add(row)
    note(session, scenario, official, "pin", section, slot_facts(slot))
    return row


def move(session: Session, scenario: Scenario, row: Placement, slot: Slot, official: Official) -> None:
    """Put a slot elsewhere; it stays there when the round is solved again. Raises as `pin`."""
    begin(session, scenario, official)
    section = session.get_one(Section, row.section_id)
    check(session, scenario, section, slot, but=row)
    before = slot_facts(slot_of(session, row))
    row.space_id = spaces_by_ref(session, scenario)[slot.space]
    row.weekday, row.start_min, row.end_min = slot.weekday, slot.start_min, slot.end_min
    row.dates, row.of_dates = dates_of(session, scenario, section, slot)
    row.origin, row.locked, row.reason = "hand", True, official.reason.strip()
    note(session, scenario, official, "move", section, {"from": before, **slot_facts(slot)})


def take_away(session: Session, scenario: Scenario, row: Placement, official: Official) -> None:
    """Remove a slot; the section does not get the same one when the round is solved again."""
    begin(session, scenario, official)
    section, slot = session.get_one(Section, row.section_id), slot_of(session, row)
    session.delete(row)
    note(session, scenario, official, "remove", section, slot_facts(slot))


def lock(session: Session, scenario: Scenario, row: Placement, official: Official) -> None:
    """A slot stays where it is when the round is solved again."""
    _set_locks(session, scenario, [row], official, locked=True)


def unlock(session: Session, scenario: Scenario, row: Placement, official: Official) -> None:
    """A slot may move again, also one that was pinned or set by hand."""
    _set_locks(session, scenario, [row], official, locked=False)


def lock_all(
    session: Session,
    scenario: Scenario,
    official: Official,
    *,
    locked: bool,
    organisation: OrganisationId | None = None,
    space: SpaceId | None = None,
) -> int:
    """Lock or unlock every slot of an organisation or of a space. Returns how many."""
    query = select(Placement).where(Placement.scenario_id == scenario.id)
    if organisation is not None:
        query = query.join(Section, Section.id == Placement.section_id).join(Section.application)
        query = query.where(Application.organisation_id == organisation)
    if space is not None:
        query = query.where(Placement.space_id == space)
    rows = [row for row in session.scalars(query) if row.locked is not locked]
    _set_locks(session, scenario, rows, official, locked=locked)
    return len(rows)


def _set_locks(
    session: Session, scenario: Scenario, rows: Sequence[Placement], official: Official, *, locked: bool
) -> None:
    begin(session, scenario, official)
    for row in rows:
        row.locked = locked
        row.origin = row.origin if locked or row.origin not in STAYS else "solver"
        section = session.get_one(Section, row.section_id)
        note(session, scenario, official, "lock" if locked else "unlock", section, slot_facts(slot_of(session, row)))


def exclude(session: Session, scenario: Scenario, what: Mapping[str, Any], official: Official) -> OfficialAct:
    """Rule out what is told when the round is solved again: a section, an organisation, a space, a time, together.
    `what`: as an exclusion of docs/allocation-format.md. What lies there now stays until then. Raises BadInput where
    nothing is told."""
    begin(session, scenario, official)
    named = {key: what[key] for key in ("section", "organisation", "space", "weekday") if what.get(key) is not None}
    if not named:
        raise BadInput(field="section", problem="missing")
    told = named | {key: what[key] for key in ("start_min", "end_min") if what.get(key) is not None}
    section = session.scalar(select(Section).where(Section.ref == named.get("section", "")))
    return note(session, scenario, official, "exclude", section, told)


def include(session: Session, scenario: Scenario, act: OfficialAct, official: Official) -> None:
    """Take an exclusion back."""
    begin(session, scenario, official)
    section = session.get(Section, act.section_id) if act.section_id else None
    note(session, scenario, official, "include", section, {"of": act.id})


def begin(session: Session, scenario: Scenario, official: Official) -> None:
    """Raises BadInput without a reason, NotNow where the scenario is not done or its slots have been proposed."""
    if not official.reason.strip():
        raise BadInput(field="reason", problem="missing")
    if scenario.state != ScenarioState.DONE:
        raise NotNow(state=scenario.state)
    if scenarios.proposed(session, scenario):
        raise NotNow(reason="proposed")


def note(
    session: Session,
    scenario: Scenario,
    official: Official,
    kind: str,
    section: Section | None,
    what: dict[str, Any],
) -> OfficialAct:
    """Keep what was set, count what the section has now, and tell the log."""
    session.flush()
    row = OfficialAct(
        scenario_id=scenario.id,
        section_id=section.id if section else None,
        kind=kind,
        what=what,
        reason=official.reason.strip(),
        by=official.by,
        at=official.now,
    )
    session.add(row)
    scenario.figures = scenario.figures | {"by_hand": int(scenario.figures.get("by_hand", 0)) + 1}
    if section is not None:
        count(session, scenario, section)
    session.flush()
    body = {"kind": kind, "reason": row.reason, "section": section.ref if section else None, **what}
    tell(session, Act(ActKind.SCENARIO_CHANGED, official.now, official.by, scenario.ref, body))
    return row


def count(session: Session, scenario: Scenario, section: Section) -> None:
    """What the section has now."""
    mine = Placement.scenario_id == scenario.id, Placement.section_id == section.id
    granted = session.scalar(select(func.count()).select_from(Placement).where(*mine)) or 0
    whose: ColumnElement[bool] = Served.scenario_id == scenario.id
    session.execute(update(Served).where(whose, Served.section_id == section.id).values(granted=granted))


def check(session: Session, scenario: Scenario, section: Section, slot: Slot, *, but: Placement | None = None) -> None:
    """Raises SlotImpossible with the first hard fact against a slot: `problem`, and `group`, the group in the way."""
    truth = scenarios.truth_of(session, scenario)
    value = truth.sections.get(section.ref)
    if value is None or slot.space not in truth.spaces:
        raise SlotImpossible(problem="not_in_run" if value is None else "no_such_space", group="")
    plan = ((ref, Slot(*rest)) for row, ref, *rest in plan_rows(session, scenario) if but is None or row != but.id)
    found = against(truth, value, slot, plan)
    if found:
        raise SlotImpossible(problem=found[0].code, group=name_of(session, found[0].other), others=len(found))


def plan_rows(session: Session, scenario: Scenario) -> Iterable[Any]:
    """(row, section's ref, space's ref, weekday, start, end) of every slot."""
    columns = (Placement.id, Section.ref, Space.ref, Placement.weekday, Placement.start_min, Placement.end_min)
    query = select(*columns).join(Section, Section.id == Placement.section_id)
    query = query.join(Space, Space.id == Placement.space_id).where(Placement.scenario_id == scenario.id)
    return session.execute(query.order_by(Placement.id)).all()


def name_of(session: Session, ref: str | None) -> str:
    """A group as officials call it: organisation and group."""
    query = select(Organisation.name, Section.name).join(Application, Application.organisation_id == Organisation.id)
    found = session.execute(query.join(Section, Section.application_id == Application.id).where(Section.ref == ref))
    return next((f"{whose}, {name}" for whose, name in found), "")


def dates_of(session: Session, scenario: Scenario, section: Section, slot: Slot) -> tuple[int, int]:
    """On how many of the section's dates a slot runs, and how many there are."""
    truth = scenarios.truth_of(session, scenario)
    value = truth.sections[section.ref]
    return truth.dates(value, slot).bit_count(), truth.own_days(value, slot.weekday).bit_count()


def slot_of(session: Session, row: Placement) -> Slot:
    return Slot(session.get_one(Space, row.space_id).ref, row.weekday, row.start_min, row.end_min)


def placement_of(session: Session, scenario: Scenario, ref: str) -> Placement:
    """Raises NotFound."""
    query = select(Placement).where(Placement.ref == ref, Placement.scenario_id == scenario.id)
    found = session.scalar(query.options(joinedload(Placement.section), joinedload(Placement.space)))
    if found is None:
        raise NotFound(what="slot")
    return found


def acts_of(session: Session, scenario: Scenario) -> list[OfficialAct]:
    """What was set by hand, in order."""
    query = select(OfficialAct).where(OfficialAct.scenario_id == scenario.id).order_by(OfficialAct.id)
    return list(session.scalars(query))


def act_of(session: Session, scenario: Scenario, id_: int) -> OfficialAct:
    """An exclusion that holds. Raises NotFound."""
    found = next((act for act in in_force(acts_of(session, scenario)) if act.id == id_), None)
    if found is None:
        raise NotFound(what="exclusion")
    return found


def in_force(acts: Sequence[OfficialAct]) -> list[OfficialAct]:
    """The exclusions not taken back."""
    gone = {act.what["of"] for act in acts if act.kind == "include"}
    return [act for act in acts if act.kind == "exclude" and act.id not in gone]


def exclusions_of(session: Session, scenario: Scenario) -> list[dict[str, Any]]:
    """What is ruled out in the next run: what was in this one, what was excluded since, and the slots removed, unless
    the section was given that slot again."""
    acts = acts_of(session, scenario)
    found = [dict(one) for one in scenario.changes.get("exclusions", ())]
    found += [dict(act.what) | {"reason": act.reason} for act in in_force(acts)]
    held = {(ref, tuple(rest)) for _row, ref, *rest in plan_rows(session, scenario)}
    for act in acts:
        if act.kind == "remove" and act.section_id is not None:
            ref, what = session.get_one(Section, act.section_id).ref, act.what
            if (ref, (what["space"], what["weekday"], what["start_min"], what["end_min"])) not in held:
                found.append({"section": ref, **what, "reason": act.reason})
    return found


def solve_again(
    session: Session, scenario: Scenario, *, name: str, by: PersonId, now: datetime, seconds: int = 60
) -> Scenario:
    """A new scenario that keeps what is pinned, locked or set by hand, and of the rest as much as it can. Raises NotNow
    for one that is not done."""
    if scenario.state != ScenarioState.DONE:
        raise NotNow(state=scenario.state)
    rows = session.scalars(select(Placement).where(Placement.scenario_id == scenario.id).order_by(Placement.id)).all()
    plan = {row: {"section": ref, **slot_facts(Slot(*rest))} for row, ref, *rest in plan_rows(session, scenario)}
    pins = [plan[row.id] | {"reason": row.reason} for row in rows if row.locked or row.origin in STAYS]
    changes = dict(scenario.changes) | {
        "pins": pins,
        "incumbent": list(plan.values()),
        "exclusions": exclusions_of(session, scenario),
        "stability": practice("allocation_stability"),
    }
    return scenarios.ask(
        session,
        session.get_one(Round, scenario.round_id),
        name=name,
        by=by,
        now=now,
        seconds=seconds,
        phase=scenario.phase,
        changes=changes,
        based_on=scenario,
        seed=scenario.seed,
    )

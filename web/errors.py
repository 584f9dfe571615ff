"""Refusals turned into sentences, pages and JSON. The only place where a code becomes words for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from booking.refusals import Refusal, RuleLimits
from web import i18n
from web.words_of_limits import limit_said

# code of a refusal, or "code.problem" where its facts name one -> what we tell people
SENTENCES: dict[str, Any] = {
    "refused": _l("This cannot be done."),
    "not_allowed": _l("You do not have the right to do this. If you should, ask your organisation’s secretary or us."),
    "sign_in_needed": _l("Sign in first."),
    "not_found": _l("This was not found. It may have been removed, or the address is wrong."),
    "bad_input": _l("Something in the form cannot be understood. Check it and try again."),
    "bad_input.missing": _l("This is needed."),
    "bad_input.email": _l("Write an e-mail address, for example maija@example.fi."),
    "bad_input.too_long": _l("This is too long."),
    "bad_input.not_one_of": _l("Choose one of the choices offered."),
    "bad_input.not_a_number": _l("Write a whole number."),
    "bad_input.negative": _l("The number cannot be negative."),
    "bad_input.too_small": _l("The number is too small."),
    "bad_input.too_large": _l("The number is too large."),
    "bad_input.empty": _l("This is needed."),
    "bad_input.hours": _l("Write the hours as 8–22, or 8.30–12, 13–24. Leave the field empty when it is closed."),
    "bad_input.lengths": _l("The longest booking is shorter than the shortest one."),
    "bad_input.has_bookings": _l("There are bookings in this space, so it must keep its place among the others."),
    "bad_input.changed_since": _l("The bookings changed while you looked. Look again at whom this displaces."),
    "bad_input.controller_id": _l("3 to 40 small letters, digits and hyphens."),
    "bad_input.device_topic": _l("The topic as the device names it, without blanks, + and #."),
    "bad_input.reader_path": _l("A reader on a wire needs the path of its device."),
    "bad_input.topic_shelly": _l("The relay’s MQTT prefix, without blanks, + and #."),
    "bad_input.topic_ha_lock": _l("It begins as homeassistant/lock/ and ends before /config."),
    "bad_input.topic_nuki": _l("It is nuki/ and the lock’s id in the digits 0–9 and A–F."),
    "bad_input.topic_zigbee2mqtt": _l("It is zigbee2mqtt/ and the lock’s name there."),
    "bad_input.topic_taken": _l(
        "Another door, %(door)s, already goes by this topic. Take its own topic, or another relay of the device."
    ),
    "bad_input.port_form": _l("A path such as /dev/serial/by-id/usb-…, or socket://host:port."),
    "bad_input.no_port": _l(
        "There is no such port on this machine. Plug the device in and choose it from the list. If the doors process "
        "runs on another machine, say so below."
    ),
    "bad_input.no_device": _l("This is a file, not a port. The ports are under /dev/serial/by-id."),
    "bad_input.port_taken": _l("Another door, %(door)s, already reads this port. Each reader has its own."),
    "bad_input.relay_taken": _l("Another door, %(door)s, already has this relay of the board. Choose a free one."),
    "bad_input.address_taken": _l(
        "Another door, %(door)s, already has this address there. Give this device an address of its own."
    ),
    "bad_input.no_such_code": _l("No controller has this code. Read the label again, letter by letter."),
    "bad_input.claimed": _l("The controller with this code is a door already."),
    "bad_input.setting_form": _l("This does not fit. See the example beside it."),
    "bad_input.hardware": _l("This door’s hardware cannot do that."),
    "bad_input.range": _l("From %(least)s to %(most)s."),
    "bad_input.other premises": _l("The space belongs to other premises."),
    "bad_input.relay_path": _l("This board needs a port of its own."),
    "bad_input.form": _l("This is not in a form we know. See the examples."),
    "bad_input.needed": _l(
        "The readers here see more of the card than this number tells. Add the first digits of its batch."
    ),
    "bad_input.random": _l("This number is another one each time, as phones and passports do it. Take a real card."),
    "bad_input.too_far": _l("That is too long a time at once. Choose a shorter one."),
    "bad_input.other_log": _l("This checkpoint is not of this log."),
    "bad_input.empty_log": _l("There is nothing in the log yet."),
    "already_there.staff_access": _l("This person has staff access here already. End it first to change it."),
    "already_there.card": _l("This card belongs to somebody already."),
    "already_there.door": _l("There is a door with this controller already."),
    "bad_input.rules_refuse": _l("With these answers the rules do not allow it. Refuse the time, or answer otherwise."),
    "bad_input.too_few": _l("At least %(limit)s."),
    "bad_input.too_many": _l("At most %(limit)s."),
    "bad_input.no_rulebook": _l("We know no rules for that day, so it cannot be booked."),
    "bad_input.past_horizon": _l("Bookings reach only to %(limit)s."),
    "bad_input.too_many_days": _l("Look at one month at most at a time."),
    "bad_input.more_than_people": _l("This is more than the number of people who come."),
    "bad_input.not_a_day": _l("Write the day as day, month and year."),
    "bad_input.not_a_time": _l("Write the time as hours and minutes, for example 17.30."),
    "bad_input.not_a_code": _l("The code has six digits."),
    "bad_input.business_id": _l(
        "This is not a valid business ID. The form is 1234567-8, and the last digit is checked."
    ),
    "bad_input.registration_number": _l("This is not a valid number in the register of associations."),
    "bad_input.number_needed": _l("A registered association gives its number in the register of associations."),
    "bad_input.business_id_needed": _l("A company or foundation gives its business ID."),
    "bad_input.more_than_members": _l("This is more than the number of members."),
    "bad_input.scope": _l("This role does not belong here."),
    "bad_input.iban": _l("This is not an account number. A Finnish one begins with FI and has 18 signs."),
    "bad_input.bic": _l("A BIC has 8 or 11 letters and digits."),
    "bad_input.columns": _l("The file lacks these columns: %(missing)s."),
    "bad_input.row": _l("Row %(row)s cannot be read. Nothing of the file was noted."),
    "bad_input.order": _l("The last day is before the first day."),
    "bad_input.future_day": _l("The day has not come yet."),
    "bad_input.file_type": _l(
        "The file is not what its name says, or of a kind that is not taken. Send a PDF, PNG or JPEG."
    ),
    "bad_input.file_size": _l("The file is too large: at most %(megabytes)s MB."),
    "bad_input.whole_only": _l("This role is for the whole organisation. Leave the group out."),
    "bad_input.no_groups": _l("A private person has no groups."),
    "bad_input.umbrella_ring": _l("An organisation cannot belong to itself, nor to one that belongs to it."),
    "bad_input.members_needed": _l("Tell the members of every age group first; write 0 where there are none."),
    "bad_input.home_line": _l(
        "Write one municipality on each line and its number after it, as Espoo: 84. Not: %(found)s"
    ),
    "bad_input.two_numbers": _l(
        "The two have different numbers in the same register. Make sure that they are one, and tick it."
    ),
    "bad_input.itself": _l("Choose two different entries."),
    "bad_input.private": _l("The entry of a private person cannot be merged."),
    "bad_input.file_kind": _l("Only CSV, XLSX and JSON files can be read."),
    "bad_input.no_columns": _l(
        "The first row has no head that we know. It needs a name, a registration number or a business ID."
    ),
    "bad_input.column_twice": _l("Two columns mean the same: %(found)s. Leave one of them out."),
    "bad_input.too_many_rows": _l("The file has more than 5,000 rows. Divide it."),
    "bad_input.not_xlsx": _l("The file cannot be opened as a spreadsheet. Save it again as XLSX or CSV."),
    "bad_input.not_json": _l("The file is not JSON: %(found)s"),
    "bad_input.no_companies": _l("The JSON file has no list of companies. See the layouts in the documentation."),
    "bad_input.row.row_twice": _l("This organisation is told of in row %(found)s already. Leave one of the rows out."),
    "bad_input.row.two_entries": _l(
        "The two numbers belong to different entries: %(found)s. Correct the number, or merge the entries first."
    ),
    "bad_input.row.name_of_several": _l(
        "Several entries have this name. Add the registration number or business ID to the row."
    ),
    "already_there.group": _l("There is a group of this name already."),
    "already_there.member": _l("It is a member already."),
    "already_there.commitment": _l("This has been signed for that season and premises already."),
    "not_now.dissolved": _l("The organisation is dissolved by then, so it cannot book."),
    "not_now.merged": _l("This entry was merged into another. Act for that one."),
    "not_now.applied": _l("This file has been taken in already."),
    "not_now.register_changed": _l("The register has changed since you looked. Look at the preview again."),
    "bad_input.outside_time": _l(
        "The code can only work within the booked time, from when the door opens until the end."
    ),
    "bad_input.over": _l("That is over already."),
    "bad_input.is_holder": _l("This person answers for the time already."),
    "bad_input.past_day": _l("The day has passed."),
    "already_there.stand_in": _l("This person stands in for that time already."),
    "already_there.key": _l("There is a key of this number already."),
    "bad_input.presence": _l("This is not the code that the screen shows now. Look at it again."),
    "not_now.phone": _l("You may not open this door now: %(why)s."),
    "not_now.no_door": _l("No keypad opens this time, so no code can be made for it."),
    "not_now.too_many_codes": _l("There are as many codes for this booking as there can be. End one of them first."),
    "not_now.no_reader": _l("This door has no card reader."),
    "not_now.showing_elsewhere": _l("Somebody else is to show a card at this door just now. Try again in two minutes."),
    "not_now.key_out": _l("This key has been handed out already."),
    "not_now.key_gone": _l("This key is lost or out of use."),
    "not_now.key_back": _l("This key is back already."),
    "bad_input.unknown_person": _l("Nobody with this e-mail address has registered yet."),
    "bad_input.bad_pattern": _l("The days and times of the series do not make sense. Check them."),
    "bad_input.row_id": _l("Small letters, digits and hyphens only, for example 2027-01."),
    "bad_input.rulebook": _l("The file cannot be read as a rulebook: %(lines)s"),
    "bad_input.faulty_rulebook": _l("The draft has faults. Mend them first: they are listed on its page."),
    "bad_input.in_the_past_day": _l("The first day has passed. Rules can begin today at the earliest."),
    "bad_input.other_version_then": _l("The version %(version)s begins on that day already."),
    "already_there.rulebook": _l("There is a version of that name already."),
    "already_there.rule": _l("There is a row of that name already."),
    "bad_input.deadline_past": _l("The deadline must lie ahead."),
    "not_now.unanswered": _l("%(count)s slots still wait for an answer. The decision can be prepared after that."),
    "not_now.none_chosen": _l("No scenario has been chosen: choose one first."),
    "not_now.none_declined": _l("Nothing has been declined, so there is nothing to grant again."),
    "not_now.second_running": _l("A second run is under way already."),
    "not_now.answer_over": _l("The days for answering are over."),
    "not_now.given_on": _l("The slot has been given to others since you declined it."),
    "not_now.in_review": _l("A decision waits for approval already."),
    "not_now.not_decided": _l("Nothing has been decided yet."),
    "already_there.review": _l("A review of this decision is open already."),
    "not_now.changed_since": _l("Somebody else has changed the draft since you opened it. Look at it again first."),
    "bad_input.no_dates": _l("There is no such weekday between the first and the last day."),
    "bad_input.too_many_dates": _l("The series has too many dates. Make it shorter."),
    "bad_input.overlaps_itself": _l("The times of the series would overlap each other."),
    "bad_input.no_granted_dates": _l("There is no granted time to come between these days."),
    "bad_input.outside_grant": _l("That is outside the granted time."),
    "bad_input.shorter_than_wished": _l("The time between is shorter than the shortest time that helps."),
    "already_there.waiting_entry": _l("It is on the waiting list already."),
    "bad_input.order_of_times": _l("The end must be after the start."),
    "no_such_time": _l("This time does not exist on that day: clocks are moved forward over it."),
    "ends_before_start": _l("The end must be after the start."),
    "in_the_past": _l("This time has already begun or passed."),
    "space_taken": _l("Somebody else already has the space, or a part of it, at that time."),
    "space_closed": _l("The space is closed at that time."),
    "space_closed.outside_hours": _l("The space is closed at that time: it is outside opening hours."),
    "space_closed.outside_term": _l("The space cannot be booked on that day: it is outside the term."),
    "space_closed.closed_day": _l("The space is closed on that day."),
    "space_closed.holiday": _l("The space is closed on that day: it is a public holiday."),
    "bad_length": _l("The space cannot be booked for such a time."),
    "bad_length.too_short": _l("The time is too short for this space: at least %(minutes)s minutes."),
    "bad_length.too_long": _l("The time is too long for this space: at most %(minutes)s minutes."),
    "bad_length.off_grid": _l("In this space times start every %(minutes)s minutes."),
    "untimely": _l("The notice is too short: %(days)s days are left."),
    "untimely.too_late": _l("The notice is too short, and the rules leave no room: %(days)s days are left."),
    "untimely.needs_reason": _l("The notice is too short (%(days)s days). Write why it is done all the same."),
    "slot_impossible": _l("The group cannot have this time: a hard fact stands against it."),
    "slot_impossible.not_in_run": _l("The group did not take part in this allocation. Solve again first."),
    "slot_impossible.no_such_space": _l("The space is not in this round."),
    "slot_impossible.ends_before_start": _l("The end must be after the start."),
    "slot_impossible.off_grid": _l("Times of this round begin and end on its grid only."),
    "slot_impossible.too_small": _l("The space is too small for the group."),
    "slot_impossible.no_equipment": _l("The space lacks the equipment that the group needs."),
    "slot_impossible.not_step_free": _l("The group needs a step-free space, and this is none."),
    "slot_impossible.excluded": _l("This was left out of the allocation. Take it in again first."),
    "slot_impossible.not_open": _l("The space cannot be applied for at that time."),
    "slot_impossible.closed_dates": _l("On too many of the dates the space is closed or booked already."),
    "slot_impossible.taken": _l("%(group)s has the space, or a part of it, at that time."),
    "slot_impossible.own_event": _l("The group has another time of its own then."),
    "slot_impossible.one_per_day": _l("The group has a time on that day already."),
    "slot_impossible.same_person": _l("The same coach or leader is then with %(group)s."),
    "not_now.window_open": _l("Applications can still be sent. Allocate when the time for them is over."),
    "not_now.proposed": _l("The times have been proposed to the applicants already."),
    "not_now.chosen": _l("This is the chosen one. Choose another first."),
    "banned": _l("The organisation may not book then: it has a ban."),
    "not_now.attendance": _l("How many came can be told from the start of the time on, for two weeks."),
    "bad_input.not_begun": _l("This time has not begun yet."),
    "bad_input.same_organisation": _l("Both times are of the same organisation. Move them instead."),
    "bad_input.not_valid": _l("By the rules of the house this swap does not count."),
    "already_there.swap": _l("A swap of one of these times is reported already."),
    "bad_input.events": _l("Between one and %(limit)s times a week."),
    "bad_input.round_grid": _l("Times and lengths go by steps of %(limit)s minutes in this round."),
    "bad_input.below_shortest": _l("The longest time is shorter than the shortest one."),
    "bad_input.windows_missing": _l("Tell at least one time at which the group could come."),
    "bad_input.half_window": _l("Tell both when the time begins and when it ends."),
    "bad_input.time_order": _l("The time ends before it begins."),
    "bad_input.windows_overlap": _l("Two times of the same day overlap. Make them one."),
    "bad_input.no_room": _l("None of the times is as long as the shortest time you ask for, %(minutes)s minutes."),
    "bad_input.too_few_days": _l(
        "The group comes at most once a day, and only %(limit)s of the days has a time long enough. "
        "Tell more days, or ask for fewer times a week."
    ),
    "bad_input.options_missing": _l("Tell at least one space, or a kind of space, premises or a district."),
    "bad_input.option_twice": _l("The same place is wished twice."),
    "bad_input.not_in_round": _l("Wish %(number)s is not in this round."),
    "bad_input.not_in_any_space": _l("No space of this round has this equipment."),
    "bad_input.nobody_answers": _l("Nobody in the register answers for this organisation. Give somebody a role first."),
    "bad_input.window_form": _l("Write times as: Mon 17–20, Wed 18.30–21. Not: %(found)s"),
    "bad_input.unknown_place": _l("No space, kind, premises or district of this round has this name: %(found)s"),
    "bad_input.several_places": _l("Several spaces have this name. Write the premises before it: School / %(found)s"),
    "bad_input.yes_or_no": _l("Write yes or no. Not: %(found)s"),
    "bad_input.file_kind_table": _l("Only CSV and XLSX files can be read."),
    "bad_input.no_section_columns": _l("The first row has no heads that we know. Begin from the empty file."),
    "bad_input.too_many_sections": _l("The file has more than %(found)s rows. Divide it."),
    "incomplete": _l("Something is still missing in the groups. It is told beside each of them."),
    "incomplete.no_sections": _l("The application has no groups yet."),
    "changed_meanwhile": _l("Somebody else saved this while you looked at it. Look at it again; nothing is lost."),
    "not_open": _l("The window for this application is closed."),
    "not_open.coming": _l("Applications are not taken yet."),
    "not_now.last_section": _l(
        "This is the only group of an application that was sent. Withdraw the application instead."
    ),
    "not_now.filed_by_themselves": _l("The organisation has begun its application itself, so only it can change it."),
    "rule_limits": _l("A limit of the rules stands against this."),
    "rule_refuses": _l("The rules do not allow this use."),
    "hold_lost": _l(
        "The time was held for you only for a while, and somebody else has taken it since. Choose another."
    ),
    "not_whole": _l("Some of the dates cannot be booked, and you asked for all of them or none."),
    "not_now": _l("This can no longer be done, because the situation has changed. Look at the page again."),
    "not_now.alarm_ended": _l("The alarm is over already. Something can still be noted about it."),
    "not_now.hold_over": _l("The hold is over already."),
    "not_now.held": _l("A legal hold covers this. Nothing of it is deleted before the hold ends."),
    "not_now.log_broken": _l(
        "The log does not hold together at entry %(entry)s, so nothing of it is signed or exported."
    ),
    "round_not_ready": _l("The round cannot be published yet. What is missing is listed on this page."),
    "not_now.round_published": _l("The round is published: only what harms no applicant can still be changed."),
    "not_now.round_drawn": _l("The number has been drawn already, so nobody can apply any more."),
    "not_now.round_open": _l("Applications still come in. The number is drawn after the deadline."),
    "not_now.round_granted": _l("Slots of this round have been granted, so it cannot be closed with nothing granted."),
    "not_now.round_changed": _l("Somebody else has changed the round since you opened it. Look at it again first."),
    "bad_input.earlier": _l("This can only be moved later, for applicants have planned by it."),
    "bad_input.same": _l("Nothing would change."),
    "bad_input.window_order": _l("The end of the window must be after its start."),
    "bad_input.late_order": _l("Late applications come after the window."),
    "bad_input.twice": _l("This is there twice."),
    "bad_input.period_outside": _l("The period does not lie in the season."),
    "bad_input.share": _l("A least share is in percent and names whom it is for."),
    "bad_input.hours_shrink": _l("The round is published: hours can be added, but not taken away."),
    "bad_input.too_long_season": _l("A season has at most 64 weeks."),
    "space_under_itself": _l("A space cannot be a part of itself."),
    "already_there": _l("This exists already."),
    "already_there.email": _l("This e-mail address is in use already."),
    "already_there.business_id": _l("An organisation with this business ID is in the register already."),
    "already_there.registration_number": _l("An association with this registration number is in the register already."),
    "already_there.role": _l("The person has this role already."),
    "too_many": _l("Too many tries in a short time. Wait a few minutes and try again."),
    "link_spent": _l("The link or code is wrong, used, or too old. Ask for a new one."),
    "csrf": _l(
        "The page had been open so long that the form no longer worked, or it came from somewhere else. "
        "Nothing was changed. Open the page again and send the form anew."
    ),
}
STATUSES: dict[int, tuple[Any, Any]] = {
    400: (_l("The request could not be understood"), SENTENCES["bad_input"]),
    401: (_l("Sign in first"), SENTENCES["sign_in_needed"]),
    403: (_l("Not allowed"), SENTENCES["not_allowed"]),
    404: (_l("Page not found"), SENTENCES["not_found"]),
    405: (_l("This address is not for that"), _l("Go back and use the links and buttons of the page.")),
    409: (_l("This cannot be done"), SENTENCES["refused"]),
    413: (_l("Too large"), _l("What you sent is too large.")),
    422: (_l("Something is wrong in the form"), SENTENCES["bad_input"]),
    429: (_l("Too many tries"), SENTENCES["too_many"]),
    500: (_l("Our fault"), _l("Something went wrong on our side, and it has been noted. Try again in a moment.")),
    503: (_l("Out of service for a moment"), _l("Try again in a few minutes.")),
}


def sentence(refusal: Refusal) -> str:
    """What to tell people, in the language of the page."""
    if isinstance(refusal, RuleLimits):
        return limit_said(refusal.facts)
    return worded(refusal.code, refusal.facts)


def worded(code: str, facts: Mapping[str, Any]) -> str:
    """The sentence for a code; the facts `problem`, `reason` or `what` choose a more exact one where there is."""
    exact = [f"{code}.{facts[key]}" for key in ("problem", "reason", "what", "field") if facts.get(key)]
    for name in (*exact, code, "refused"):
        if name in SENTENCES:
            return str(SENTENCES[name]) % {key: _shown(value) for key, value in facts.items()}
    raise KeyError(code)


def _shown(value: object) -> object:
    if isinstance(value, datetime):
        return i18n.moment(value)
    if isinstance(value, date):
        return i18n.day(value, "plain")
    return value


def wants_json() -> bool:
    return request.path.startswith("/api/")


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON can hold them; instants in ISO form, anything else of ours as text."""
    simple = (str, int, bool, type(None))
    return {
        key: value if isinstance(value, simple) else value.isoformat() if isinstance(value, date) else str(value)
        for key, value in facts.items()
    }


def answer(
    status: int, message: str, code: str, facts: Mapping[str, Any] | None = None
) -> tuple[str | dict[str, Any], int]:
    """The error as a page, or for the API as JSON {code, message, facts}."""
    if wants_json():
        return {"code": code, "message": message, "facts": plain(facts or {})}, status
    g.setdefault("person", None)
    title = STATUSES.get(status, STATUSES[500])[0]
    return render_template("error.html", title=title, message=message, code=code, status=status), status


def refused(refusal: Refusal) -> ResponseReturnValue:
    return answer(refusal.status, sentence(refusal), refusal.code, refusal.facts)


def csrf_failed(_error: CSRFError) -> ResponseReturnValue:
    return answer(400, str(SENTENCES["csrf"]), "csrf")


def failed(error: HTTPException) -> ResponseReturnValue:
    """Any HTTP error, with the headers it brings (Allow, Retry-After)."""
    if error.code is None or error.code < 400:
        return error.get_response()
    message = str(STATUSES.get(error.code, STATUSES[500])[1])
    body, status = answer(error.code, message, error.name.lower().replace(" ", "_"))
    kept = [(name, value) for name, value in error.get_headers() if name not in {"Content-Type", "Content-Length"}]
    return body, status, kept


def start(app: Flask) -> None:
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(CSRFError, csrf_failed)
    app.register_error_handler(HTTPException, failed)

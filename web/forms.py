"""Forms: marshmallow fields that read what people type, and a Form that keeps it when something is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal, InvalidOperation
from types import TracebackType
from typing import Any, ClassVar, Generic, TypeVar

from email_validator import EmailNotValidError, validate_email
from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load
from werkzeug.datastructures import MultiDict

from booking.core.money import cents
from booking.refusals import Refusal
from web.errors import sentence, worded

MOST_EUROS = 100_000  # more is a slip of the finger
DAYS = (date(2000, 1, 1), date(2100, 12, 31))  # what calendars, zones and databases all can count with
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
Wish = TypeVar("Wish")
Value = TypeVar("Value")
PROBLEMS = (
    "too_long",
    "email",
    "not_a_number",
    "negative",
    "too_small",
    "too_large",
    "not_a_day",
    "not_a_time",
    "not_one_of",
)


class Typed(fields.Field[Value]):
    """A field that reads one text. Its errors are problems that web.errors has sentences for."""

    default_error_messages: dict[str, str | list[Any] | dict[Any, Any]] = {
        "required": "missing",
        "null": "missing",
        **{name: name for name in PROBLEMS},
    }

    def read(self, text: str) -> Value:
        """The meaning of a trimmed text, or `raise self.make_error(problem)`."""
        raise NotImplementedError

    def _deserialize(self, value: Any, *_where: Any, **_context: Any) -> Value:
        return self.read(str(value).replace("\x00", "").strip())


class Text(Typed[str]):
    """Text of one line, at most `longest` characters. Line breaks and control characters become blanks: what is typed
    here may stand in the head of a letter."""

    def __init__(self, *, longest: int = 200, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest = longest

    def read(self, text: str) -> str:
        return UNPRINTABLE.sub(" ", self.fitting(text))

    def fitting(self, text: str) -> str:
        if len(text) > self.longest:
            raise self.make_error("too_long")
        return text


class Lines(Text):
    """Text that may have several lines."""

    def read(self, text: str) -> str:
        return "\n".join(UNPRINTABLE.sub(" ", line) for line in self.fitting(text).splitlines())


class Email(Text):
    """An e-mail address in lower case, its form checked, nothing sent."""

    def read(self, text: str) -> str:
        try:
            return validate_email(
                super().read(text), check_deliverability=False, test_environment=True
            ).normalized.lower()
        except EmailNotValidError as error:
            raise self.make_error("email") from error


class Whole(Typed[int]):
    """A whole number from `least` up."""

    def __init__(self, *, least: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least = least

    def read(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise self.make_error("not_a_number")
        if int(text) < self.least:
            raise self.make_error("negative" if int(text) < 0 else "too_small")
        return int(text)


class WholeUpTo(Whole):
    """A whole number from `least` to `most`."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def read(self, text: str) -> int:
        if (number := super().read(text)) > self.most:
            raise self.make_error("too_large")
        return number


class Euros(Typed[int]):
    """An amount as people write it, 12,50 or 12.50, in cents."""

    def read(self, text: str) -> int:
        try:
            amount = Decimal(text.replace("€", "").replace(" ", "").replace(",", "."))
        except InvalidOperation as error:
            raise self.make_error("not_a_number") from error
        if not amount.is_finite():
            raise self.make_error("not_a_number")
        if not 0 <= amount <= MOST_EUROS:
            raise self.make_error("negative" if amount < 0 else "too_large")
        return cents(amount)


class Day(Typed[date]):
    """A day of this century as browsers send it (2026-11-24) or as people write it (24.11.2026)."""

    def read(self, text: str) -> date:
        if found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text):
            text = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise self.make_error("not_a_day") from error
        if not DAYS[0] <= day <= DAYS[1]:
            raise self.make_error("not_a_day")
        return day


class MinuteOfDay(Typed[int]):
    """A time of day (17:30, 17.30 or 17) as minutes from midnight; 24:00 is 1440."""

    def read(self, text: str) -> int:
        found = re.fullmatch(r"(\d{1,2})(?:[:.]([0-5]\d)(?::\d{2})?)?", text)
        minute = int(found[1]) * 60 + int(found[2] or 0) if found else -1
        if not 0 <= minute <= 1440:
            raise self.make_error("not_a_time")
        return minute


class Choice(Typed[str]):
    """One of the given values; `of` may be a function, for choices known only later."""

    def __init__(self, of: Iterable[str] | Callable[[], Iterable[str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.of = (
            tuple(of) if isinstance(of, Iterable) else of
        )  # asked again by every form sent: what can be read once is kept

    def read(self, text: str) -> str:
        if text not in set(map(str, self.of if isinstance(self.of, Iterable) else self.of())):
            raise self.make_error("not_one_of")
        return text


class Texts(Typed[tuple[str, ...]]):
    """Any number of texts, as check boxes or a multiple list send them."""

    def _deserialize(self, value: Any, *_where: Any, **_context: Any) -> tuple[str, ...]:
        return tuple(str(one).strip() for one in (value if isinstance(value, list) else [value]))


class Choices(Texts):
    """Any of the given values."""

    def __init__(self, of: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.of = frozenset(map(str, of))

    def _deserialize(self, value: Any, *_where: Any, **_context: Any) -> tuple[str, ...]:
        chosen = super()._deserialize(value)
        if not self.of.issuperset(chosen):
            raise self.make_error("not_one_of")
        return chosen


class Tick(Typed[bool]):
    """A check box: there or not."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(load_default=False, **kwargs)

    def read(self, text: str) -> bool:
        return text not in {"", "0", "false"}


class FormSchema(Schema):
    """The shape of a form. `makes` builds the wish from the fields; without it the wish is a dict. Empty fields are
    missing ones, and fields of the page that the form does not know (the CSRF token) are left out."""

    makes: ClassVar[Callable[..., Any]] = dict

    class Meta:
        unknown = EXCLUDE

    @post_load
    def make(self, given: dict[str, Any], **_kwargs: Any) -> Any:
        return type(self).makes(**given)


class Form(Generic[Wish]):
    """A form on a page: what was typed, what it means (`wish`), and what is wrong, by field ("" is the whole form)."""

    def __init__(self, typed: Mapping[str, Any] | None = None, wish: Wish | None = None) -> None:
        self.typed: dict[str, Any] = dict(typed or {})
        self.errors: dict[str, str] = {}
        self._wish = wish

    @property
    def ok(self) -> bool:
        """Whether it was filled in and understood."""
        return self._wish is not None and not self.errors

    @property
    def wish(self) -> Wish:
        assert self._wish is not None, "ask `ok` first"
        return self._wish

    def __getitem__(self, name: str) -> Any:
        return self.typed.get(name, "")

    def holds(self, name: str, value: str) -> bool:
        """Whether `value` is the choice, or among the choices, typed in a field."""
        typed = self.typed.get(name)
        return value in map(str, typed) if isinstance(typed, list | tuple) else str(typed) == value

    def refuse(self, refusal: Refusal) -> None:
        """Put a refusal of the domain beside the field it names, or on top."""
        self.errors[str(refusal.facts.get("field", ""))] = sentence(refusal)

    def catching(self) -> AbstractContextManager[None]:
        """A block in which refusals of status 409 or 422 become errors of this form, and the rest passes through."""
        return _Catching(self)


class _Catching(AbstractContextManager[None]):
    def __init__(self, form: Form[Any]) -> None:
        self.form = form

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None, /
    ) -> bool:
        if isinstance(error, Refusal) and error.status in {409, 422}:
            self.form.refuse(error)
            return True
        return False


def blank(**start: Any) -> Form[Any]:
    """A form not yet filled in, with the values it starts from."""
    return Form({name: value for name, value in start.items() if value is not None})


def filled(schema: FormSchema, source: MultiDict[str, str] | None = None) -> Form[Any]:
    """The form as sent (request.form, or another source such as request.args)."""
    typed = _typed(schema, request.form if source is None else source)
    form: Form[Any] = Form(typed)
    try:
        form = Form(typed, schema.load(typed))
    except ValidationError as error:
        for name, problems in _messages(error).items():
            first = problems[0] if isinstance(problems, list) else next(iter(problems))
            form.errors[str(name)] = worded("bad_input", {"problem": first})
    return form


def _messages(error: ValidationError) -> dict[str, Any]:
    return error.messages if isinstance(error.messages, dict) else {"": error.messages}


def _typed(schema: FormSchema, source: MultiDict[str, str]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, field in schema.fields.items():
        values = [value for value in source.getlist(name) if value.strip()]
        if values:
            typed[name] = values if isinstance(field, Texts) else values[-1]
    return typed

"""Conditions written as one Python function: the rows of a slice of a rulebook answered in a single pass.

A condition becomes two plain expressions, one for "surely yes" and one for "surely no"; where neither is true it cannot
be told. So and, or and not need no third value: yes of "not" is no of what it negates, no of "all" is any no of its
parts. Only fact names of the catalogue and signs of comparisons.py stand in the text; values are constants beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from booking.core.rules.fact_types import Facts
from booking.core.rules.logic import Check, Condition, Count, Not

# the place of the first row that holds (-1: none) and of those before it that cannot be told
Placed: TypeAlias = tuple[int, tuple[int, ...]]
# one Placed for each table, then for each lone condition whether it cannot be ruled out
Pass: TypeAlias = Callable[[Facts], tuple[tuple[Placed, ...], tuple[int, ...]]]


@dataclass(slots=True)
class Script:
    """A function being written: its lines, its constants, and the named conditions that already have a variable."""

    uses: Counter[str]
    lines: list[str] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def constant(self, value: object) -> str:
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    def say(self, line: str) -> None:
        self.lines.append(f"    {line}")

    def yes(self, condition: Condition) -> str:
        """An expression that is true where the condition surely holds."""
        if name := self.variable(condition):
            return f"y{name}"
        return self.yes_of(condition)

    def no(self, condition: Condition) -> str:
        """An expression that is true where the condition surely does not hold."""
        if name := self.variable(condition):
            return f"n{name}"
        return self.no_of(condition)

    def variable(self, condition: Condition) -> str | None:
        """The number of a named condition that is used more than once: answered where it is first met, then kept."""
        if condition.called is None or self.uses[condition.called] < 2:
            return None
        if condition.called not in self.variables:
            yes, no = self.yes_of(condition), self.no_of(condition)
            number = str(len(self.variables))
            self.variables[condition.called] = number
            self.say(f"y{number} = {yes}")
            self.say(f"n{number} = not y{number} and {no}")
        return self.variables[condition.called]

    def yes_of(self, condition: Condition) -> str:
        form = condition.form
        if isinstance(form, Check):
            return self.checked(form)
        if isinstance(form, Not):
            return self.no(form.part)
        if isinstance(form, Count):
            return counted([self.yes(part) for part in form.parts], form.least)
        return f"({self.constant(condition.holds)}(f) is True)"

    def no_of(self, condition: Condition) -> str:
        form = condition.form
        if isinstance(form, Check):
            return self.refuted(form)
        if isinstance(form, Not):
            return self.yes(form.part)
        if isinstance(form, Count):
            return counted([self.no(part) for part in form.parts], len(form.parts) - form.least + 1)
        return f"({self.constant(condition.holds)}(f) is False)"

    def test(self, check: Check) -> tuple[str, str]:
        """The fact as it is first read, and its test with the wanted value."""
        return f"(v := f[{check.fact!r}])", check.test.replace("k", self.constant(check.wanted))

    def checked(self, check: Check) -> str:
        told, test = self.test(check)
        if check.if_not_told:
            return f"({told} is None or {test})"
        return f"({told} is not None and {test})"

    def refuted(self, check: Check) -> str:
        told, test = self.test(check)
        if check.if_not_told is False:
            return f"({told} is None or not ({test}))"
        return f"({told} is not None and not ({test}))"


def counted(parts: Sequence[str], least: int) -> str:
    """At least so many of the expressions are true."""
    if least <= 0:
        return "True"
    if least > len(parts):
        return "False"
    if least in (1, len(parts)):
        return f"({(' or ' if least == 1 else ' and ').join(parts)})"
    return f"(({' + '.join(parts)}) >= {least})"


def named_uses(conditions: Iterable[Condition]) -> Counter[str]:
    """How often each named condition is referred to, looked into once."""
    uses: Counter[str] = Counter()
    waiting = list(conditions)
    while waiting:
        condition = waiting.pop()
        if condition.called is not None:
            uses[condition.called] += 1
            if uses[condition.called] > 1:
                continue
        form = condition.form
        if isinstance(form, Not):
            waiting.append(form.part)
        elif isinstance(form, Count):
            waiting += form.parts
    return uses


def one_pass(tables: Sequence[Sequence[Condition]], lone: Sequence[Condition]) -> Pass:
    """A function over facts: for each table, in the order in which its rows win, the first row that holds and the
    unclear ones before it; and the places of those lone conditions that cannot be ruled out."""
    script = Script(named_uses([*(each for table in tables for each in table), *lone]))
    for number, table in enumerate(tables):
        rows = [(script.yes(each), script.no(each)) for each in table]
        script.say(f"w{number}, u{number} = -1, ()")
        script.say("for _ in '1':")
        for place, (yes, no) in enumerate(rows):
            script.say(f"    if {yes}:")
            script.say(f"        w{number} = {place}")
            script.say("        break")
            script.say(f"    if not {no}:")
            script.say(f"        u{number} += ({place},)")
        script.say("    pass")
    script.say("c = ()")
    for place, condition in enumerate(lone):
        script.say(f"if not {script.no(condition)}: c += ({place},)")
    answers = "".join(f"(w{number}, u{number}), " for number in range(len(tables)))
    text = "\n".join(["def answer(f):", *script.lines, f"    return ({answers}), c"])
    space: dict[str, Any] = dict(script.constants)
    exec(compile(text, "<rows of a rulebook>", "exec"), space)  # noqa: S102 - text made above, values are constants
    made: Pass = space["answer"]
    return made

"""The process that solves: an instance comes in on standard input, progress, the checked result and the reasons go out
as lines of JSON. It holds no database; it ends when whoever started it is gone.

In: a line {"seed", "seconds", "result"?}, a line with the instance, and later perhaps the line "stop". With a result,
nothing is solved: its reasons are told again. Out, in this order: {"progress": …} again and again, {"result", "faults",
"input_hash"}, {"explained": […]} in slices, {"ended": true}; or {"failed": why}.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TextIO

from booking.core.allocation.explaining import Explainer
from booking.core.allocation.figures import figures
from booking.core.allocation.instance import Instance
from booking.core.allocation.reading import InstanceError, instance_from, result_from
from booking.core.allocation.result import Progress, Result
from booking.core.allocation.solving import solve
from booking.core.allocation.verifying import Fault, verify
from booking.core.allocation.writing import input_hash, plain, result_to_json

SLICE = 100
MOST_FAULTS = 20


class Line:
    """The two ends of the talk with whoever started us."""

    def __init__(self, coming: TextIO, going: TextIO) -> None:
        self.coming, self.going = coming, going
        self.stopped = threading.Event()

    def read(self) -> Any:
        return json.loads(self.coming.readline())

    def say(self, **told: Any) -> None:
        self.going.write(json.dumps(told, ensure_ascii=False) + "\n")
        self.going.flush()

    def listen(self) -> None:
        """Until the end: "stop" stops the search; an end of the line means that nobody waits for us any more."""
        for line in self.coming:
            if line.strip() == "stop":
                self.stopped.set()
        os._exit(3)


def main() -> None:
    """Solve what comes in, check it, and give reasons for all of it."""
    line = Line(sys.stdin, sys.stdout)
    asked, document = line.read(), line.read()
    threading.Thread(target=line.listen, daemon=True).start()
    try:
        instance = instance_from(document)
        result = result_from(asked["result"]) if asked.get("result") else solved(line, instance, asked)
    except InstanceError as error:
        line.say(failed="instance: " + "; ".join(error.lines[:MOST_FAULTS]))
        return
    if result is not None:
        for part in slices(explained(instance, result)):
            line.say(explained=part)
    line.say(ended=True)


def solved(line: Line, instance: Instance, asked: dict[str, Any]) -> Result | None:
    """The result, told only with what an independent check found against it; None where it found anything."""

    def tell(progress: Progress) -> bool:
        line.say(progress=plain(progress))
        return not line.stopped.is_set()

    result = solve(instance, seed=asked["seed"] or None, seconds=asked["seconds"], tell=tell)
    line.say(progress={"stage": "checking", "share": 1.0})
    result, faults = checked(instance, result)
    told = [plain(fault) for fault in faults[:MOST_FAULTS]]
    line.say(result=result_to_json(result), faults=told, input_hash=input_hash(instance))
    return None if faults else result


def checked(instance: Instance, result: Result) -> tuple[Result, list[Fault]]:
    """The result with its figures, and every fault that a check independent of the solver finds in it."""
    result = replace(result, figures=figures(instance, result))
    return result, verify(instance, result)


def explained(instance: Instance, result: Result) -> Iterator[dict[str, Any]]:
    """For each section what it got too little of and why: its id, reasons and offers."""
    explainer = Explainer(instance, result)
    for section in instance.sections:
        yield {"section": section.id} | plain(explainer.explain(section.id))


def slices(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == SLICE:
            yield part
            part = []
    if part:
        yield part


if __name__ == "__main__":
    main()

"""One thread that owns every simulated door: sockets, timers, and calls from other threads, one after the other."""

import heapq
import itertools
import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from firmware_sim.flash import PowerCut

T = TypeVar("T")
log = logging.getLogger(__name__)


class Timers:
    """What a door asks of time, real or not."""

    def __init__(self) -> None:
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def mono_ns(self) -> int:
        """Time since some start; never goes back."""
        return time.monotonic_ns()

    def true_ms(self) -> int:
        """What time it really is: Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def after(self, seconds: float, job: Callable[[], None]) -> None:
        """In the thread of the doors, not before so many seconds."""
        due_ns = self.mono_ns() + int(max(0.0, seconds) * 1e9)
        heapq.heappush(self._timers, (due_ns, next(self._order), job))

    def post(self, job: Callable[[], None]) -> None:
        """Done soon."""
        raise NotImplementedError

    def call(self, job: Callable[[], T]) -> T:
        """Done now; gives its result or raises its exception."""
        raise NotImplementedError

    def start(self) -> None:
        """Once."""

    def stop(self) -> None:
        """After what was posted before."""


class VirtualTime(Timers):
    """Time that passes only in `run`, as fast as the machine can; the same jobs in the same order each time."""

    def __init__(self, starts_ms: int) -> None:
        super().__init__()
        self._starts_ms = starts_ms
        self._now_ns = 0

    def mono_ns(self) -> int:
        return self._now_ns

    def true_ms(self) -> int:
        return self._starts_ms + self._now_ns // 1_000_000

    def post(self, job: Callable[[], None]) -> None:
        self.after(0, job)

    def call(self, job: Callable[[], T]) -> T:
        return job()

    def run(self, until_s: float) -> None:
        """So many seconds after the start; everything due by then has happened."""
        until_ns = int(until_s * 1e9)
        while self._timers and self._timers[0][0] <= until_ns:
            due_ns, _order, job = heapq.heappop(self._timers)
            self._now_ns = max(self._now_ns, due_ns)
            with suppress(PowerCut):
                job()
        self._now_ns = until_ns


class Loop(Timers):
    """Nothing of a door is touched outside this thread, so nothing of a door needs a lock."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = selectors.DefaultSelector()
        self._jobs: deque[Callable[[], None]] = deque()
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, self._drain)
        self._thread = threading.Thread(target=self._run, name="doors", daemon=True)
        self._going = True

    def start(self) -> None:
        """Once."""
        self._thread.start()

    def stop(self) -> None:
        """After the jobs that were posted before; from another thread."""
        self.post(self._end)
        self._thread.join()
        self._selector.close()
        self._wake.close()
        self._woken.close()

    def post(self, job: Callable[[], None]) -> None:
        """From any thread; done soon."""
        self._jobs.append(job)
        with suppress(BlockingIOError):  # a full pipe wakes as well as a fuller one
            self._wake.send(b"!")

    def call(self, job: Callable[[], T]) -> T:
        """From another thread; waits for the result or the exception."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(job())
            except Exception as error:  # noqa: BLE001 - raised again in the thread that asked
                future.set_exception(error)

        self.post(run)
        return future.result(timeout=30)

    def watch(self, sock: socket.socket, job: Callable[[], None]) -> None:
        """`job` when there is something to read."""
        self._selector.register(sock, selectors.EVENT_READ, job)

    def watch_writing(self, sock: socket.socket, job: Callable[[], None], *, wanted: bool) -> None:
        """Also when there is room to write."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
        if self._selector.get_key(sock).events != events:
            self._selector.modify(sock, events, job)

    def forget(self, sock: socket.socket) -> None:
        """Before it is closed."""
        self._selector.unregister(sock)

    def _run(self) -> None:
        while self._going:
            for job in self._due():
                try:
                    job()
                except PowerCut:
                    continue
                except Exception:  # the outermost loop of this process's doors
                    log.exception("a door failed")

    def _due(self) -> list[Callable[[], None]]:
        ready: list[Any] = [key.data for key, _events in self._selector.select(self._patience_s())]
        while self._jobs:
            ready.append(self._jobs.popleft())
        now_ns = self.mono_ns()
        while self._timers and self._timers[0][0] <= now_ns:
            ready.append(heapq.heappop(self._timers)[2])
        return ready

    def _patience_s(self) -> float | None:
        if self._jobs:
            return 0
        return max(0, self._timers[0][0] - self.mono_ns()) / 1e9 if self._timers else None

    def _drain(self) -> None:
        self._woken.recv(4096)

    def _end(self) -> None:
        self._going = False

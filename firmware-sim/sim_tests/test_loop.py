"""The one thread that owns all doors."""

import threading

import pytest

from firmware_sim.loop import Loop


def test_a_job_may_post_more_jobs_than_any_pipe_holds() -> None:
    loop, done, count = Loop(), threading.Event(), 20_000
    left = iter(range(count, 0, -1))

    def one() -> None:
        if next(left) == 1:
            done.set()

    def many() -> None:
        for _ in range(count):
            loop.post(one)

    loop.start()
    loop.post(many)
    assert done.wait(20)
    loop.stop()


def test_a_call_gives_back_what_the_job_gives_or_raises() -> None:
    loop = Loop()
    loop.start()
    assert loop.call(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        loop.call(lambda: 1 // 0)
    loop.stop()


def fail() -> None:
    raise ZeroDivisionError


def test_a_job_that_fails_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    loop = Loop()
    loop.start()
    loop.post(fail)
    assert loop.call(lambda: 7) == 7
    loop.stop()
    assert "a door failed" in caplog.text

"""What every test may ask for: databases, browser, one fixed moment. The fixtures stand in fixtures_*.py."""

import os
from datetime import UTC, datetime

import hypothesis
import pytest

pytest_plugins = ["tests.fixtures_browser", "tests.fixtures_databases"]

hypothesis.settings.register_profile("vuoro", deadline=None, print_blob=True)
hypothesis.settings.load_profile("vuoro")

NO_SKIPS = os.environ.get("VUORO_NO_SKIPS") == "1"


@pytest.fixture
def now() -> datetime:
    """The moment most tests live in: a Tuesday in week 48, 12.00 in Helsinki."""
    return datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Where everything must run (VUORO_NO_SKIPS=1, set by .ci/run) a skipped test is a failed one."""
    if NO_SKIPS and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(collector: pytest.Collector):
    report = yield
    refuse_skip(report)
    return report

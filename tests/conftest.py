"""What every test may ask for: databases, browser, one fixed moment. The fixtures stand in fixtures_*.py."""

from datetime import UTC, datetime

import hypothesis
import pytest

pytest_plugins = ["tests.fixtures_browser", "tests.fixtures_databases", "tests.no_skips"]

hypothesis.settings.register_profile("vuoro", deadline=None, print_blob=True)
hypothesis.settings.load_profile("vuoro")


@pytest.fixture
def now() -> datetime:
    """The moment most tests live in: a Tuesday in week 48, 12.00 in Helsinki."""
    return datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

"""What the permission walk puts into addresses, by the name of the address's argument. Page writers add theirs here."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from tests.web import samples_staff
from tests.web.town import Town

# argument -> what makes one in the town and returns its ref
SAMPLES: dict[str, Callable[[Session, Town], str]] = {}
SAMPLES |= samples_staff.SAMPLES
SAMPLES["family"] = lambda session, town: town.premises.rulebook

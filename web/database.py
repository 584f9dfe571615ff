"""Bringing a database to the newest form, by alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

ROOT = Path(__file__).resolve().parent.parent


def alembic_config(url: str) -> Config:
    """Alembic's settings for a database, wherever the program stands."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Migrate to the newest form; a new database is made from nothing."""
    command.upgrade(alembic_config(url), "head")


def check(url: str) -> None:
    """Raises alembic's CommandError when the models hold what no migration makes."""
    command.check(alembic_config(url))

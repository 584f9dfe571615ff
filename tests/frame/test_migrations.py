"""The migrations bring an empty database to exactly what the models say, on both databases."""

from alembic import command
from sqlalchemy import Engine, inspect

from tests.fixtures_databases import alembic_config


def test_the_models_ask_for_nothing_the_migrations_do_not_make(database_url: str) -> None:
    command.check(alembic_config(database_url))


def test_migrating_a_migrated_database_changes_nothing(database_url: str, engine: Engine) -> None:
    before = {table: inspect(engine).get_columns(table) for table in inspect(engine).get_table_names()}
    command.upgrade(alembic_config(database_url), "head")
    after = {table: inspect(engine).get_columns(table) for table in inspect(engine).get_table_names()}
    assert str(before) == str(after)

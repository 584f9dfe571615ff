"""Versions of rulebooks: shipped files and those approved in the database, and the one in force on a day."""

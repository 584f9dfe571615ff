"""The REST API under /api/v1: the same acts as on the pages, as JSON (docs/api.md)."""

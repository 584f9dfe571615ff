"""The demo: an invented town with real rules, seeded around today, and the processes that serve it."""

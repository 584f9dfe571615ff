"""Season rounds: set up, applied to, allocated, negotiated, decided, put into the calendar, and lived through."""

"""Measuring: bookings and answers of the rules a second, and the time from a card to an open door,
each beside the floor under it in one run."""

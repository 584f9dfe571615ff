"""Bytes in, events out: protocols, transports and one driver file per make. Knows no people, bookings or database."""

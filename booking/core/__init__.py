"""The pure part of booking: no database, no clock, no I/O; values in, values and reasons out."""

"""Credentials, rights at doors derived from bookings, door decisions, controller sync and the audit log."""

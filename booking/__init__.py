"""Premises, organisations, calendar, bookings and the rulebook: what Vuoro exists for, without doors or pages."""

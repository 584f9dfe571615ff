"""Simulated door controllers: lock, contact, reader, clock, persistent list and event buffer. Imports nothing of Vuoro."""

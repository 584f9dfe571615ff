"""Simulated door controllers: lock, contact, reader, clock, lasting list and events. Imports nothing of Vuoro."""

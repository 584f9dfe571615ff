"""How rulebooks are made: drafts and their tables, review by a second person, trials on what was booked."""

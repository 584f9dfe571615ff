"""What happened to times: the tables, and what was before as facts for rules. Acting on it: booking/life/."""

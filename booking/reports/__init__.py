"""Support made visible: what use cost, what was charged for it, and what the difference gave to whom."""

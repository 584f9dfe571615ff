"""The parts of a rulebook: facts of a request, conditions on them, rows and tables that decide, and price formulas."""

"""Files taken into the register of organisations: read, planned row by row, shown, and only then done."""

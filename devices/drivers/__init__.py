"""One file per make of reader, relay board or controller, and `registry` that says what each can do."""

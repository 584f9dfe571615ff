"""What rulebooks limit: counted in the database, enforced when booking, exceeded only with a reason."""

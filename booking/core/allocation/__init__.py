"""Who gets which weekly slots of a season: a pure problem, solved, checked and explained without a database."""

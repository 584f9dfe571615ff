"""What happens to a booked time: attendance, no-shows, fees, hand-backs, swaps, recalls, sanctions, debt."""

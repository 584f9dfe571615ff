"""Organisations as they are: proofs of registration, yearly reports, groups, commitments, duplicates."""

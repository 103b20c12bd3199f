"""What the store remembers, on both databases: single use, round trips, migrations."""

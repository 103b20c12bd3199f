"""What went wrong elsewhere and was reported in public; each row has its tests."""

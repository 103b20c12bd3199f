"""Sixteen and fifty tries at one thing, several worker processes, both databases."""

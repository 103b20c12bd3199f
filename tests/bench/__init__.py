"""Measures what operations cost on this machine: `python -m tests.bench`."""

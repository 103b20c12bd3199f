"""Unique marks in every secret, looked for afterwards wherever none may be."""

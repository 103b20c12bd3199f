"""Decides: pure functions of values, without clock, storage or web."""

"""Helpers that tests share: real programs, clients, clock, people."""

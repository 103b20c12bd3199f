"""Remembers: one file per noun, its tables and its statements."""

"""Holds the shape of the program: imports, single places, sizes, names."""

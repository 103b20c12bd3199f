"""The wheel as a stranger gets it: built, installed apart, used."""

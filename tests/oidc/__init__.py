"""Proves the wire: one file a module, one test a sentence of a paragraph."""

"""Races run against `idp serve` with four worker processes, on both databases."""

from tests.support.providers import served

__all__ = ["served"]

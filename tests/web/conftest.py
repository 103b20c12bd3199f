"""The provider in this process, made to order."""

from tests.support.providers import new_provider
from tests.support.providers import prepared_postgresql
from tests.support.providers import prepared_sqlite
from tests.support.providers import provider

__all__ = ["new_provider", "prepared_postgresql", "prepared_sqlite", "provider"]

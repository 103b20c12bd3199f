"""These run in this process on SQLite unless a test asks for more."""

from tests.support.providers import new_provider
from tests.support.providers import prepared_postgresql
from tests.support.providers import prepared_sqlite
from tests.support.providers import provider
from tests.support.providers import served
from tests.support.visitors import mia

__all__ = [
    "mia",
    "new_provider",
    "prepared_postgresql",
    "prepared_sqlite",
    "provider",
    "served",
]

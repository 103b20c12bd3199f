"""Finds the files that belong to the program but are not Python.

In a checkout ``templates/`` and ``migrations/`` lie beside the package, where people
look for them; the wheel carries them inside it. Nothing is read or opened here.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLED = _PACKAGE / "_bundled"


def templates_dir() -> Path:
    """Answers the folder of the Jinja templates."""
    return _folder("templates")


def migrations_dir() -> Path:
    """Answers the folder of the Alembic environment and its versions."""
    return _folder("migrations")


def translations_dir() -> Path:
    """Answers the folder of the languages; it lies in the package in either case."""
    return _PACKAGE / "translations"


def _folder(name: str) -> Path:
    bundled = _BUNDLED / name
    return bundled if bundled.is_dir() else _PACKAGE.parent / name

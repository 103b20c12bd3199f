"""Every command there is, read from the program itself."""

from collections.abc import Iterator

import click

from idp.cli.main import main

Path = tuple[str, ...]

# They run until they are stopped; an export has formats of its own.
WITHOUT_JSON = {
    ("serve",),
    ("worker",),
    ("management",),
    ("demo",),
    ("audit", "export"),
}


def commands() -> dict[Path, click.Command]:
    """Gives every command that does something, by its words."""
    return dict(_leaves(main, (), click.Context(main)))


def _leaves(
    group: click.Group, path: Path, context: click.Context
) -> Iterator[tuple[Path, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from _leaves(command, (*path, name), context)
        else:
            yield (*path, name), command


def speaking_json() -> list[Path]:
    """Gives the commands that promise one JSON document."""
    return [path for path in commands() if path not in WITHOUT_JSON]

"""Output of commands: facts as JSON or lines, refusals as a sentence, no tracebacks."""

import json
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import fields
from dataclasses import is_dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from typing import ParamSpec
from typing import TypeVar

import click

from idp import logs
from idp.cli import channels
from idp.errors import Misconfigured
from idp.errors import Refusal
from idp.errors import Unavailable

P = ParamSpec("P")
R = TypeVar("R")

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document."
)


def speaks(command: Callable[P, R]) -> Callable[P, R]:
    """Turns a refusal into a sentence on standard error and exit status 1."""

    @wraps(command)
    def spoken(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Misconfigured as refusal:
            for finding in refusal.findings:
                click.echo(logs.printable(finding), err=True)
            raise SystemExit(1) from None
        except Refusal as refusal:
            raise click.ClickException(_sentence(refusal)) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            raise  # who read the answer has enough
        except Exception as fault:
            raise _told(fault) from None

    return spoken


def _sentence(refusal: Refusal) -> str:
    if isinstance(refusal, Unavailable) and refusal.reason:
        return f"The database cannot be used: {refusal.reason}."
    return refusal.sentence


def _told(fault: Exception) -> click.ClickException:
    """Says where a fault of ours is, but none of the values that it met (REL-076)."""
    for line in logs.traceback_of(fault):
        click.echo(line, err=True)
    return click.ClickException(f"unexpected fault: {type(fault).__name__}")


def data(value: Any) -> Any:
    """Turns a value of the actions into plain data (``interface.md`` section 4)."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: data(getattr(value, one.name))
            for one in fields(value)
            if one.metadata.get("json", True)
        }
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [data(one) for one in value]
    return value


def show(facts: Any, *, as_json: bool, line: str) -> None:
    """Prints one thing: as JSON with nothing beside it, or as a line."""
    channels.write([_document(facts) if as_json else line, "\n"])


def _document(facts: Any) -> str:
    """Gives JSON that can be read whatever the locale: letters, or else escapes."""
    return json.dumps(facts, indent=2, ensure_ascii=not channels.speaks_unicode())


def lines(facts: dict[str, Any], *, within: str = "") -> str:
    """Writes every fact about one thing, a line each.

    Members in members are joined by a dot; what is null or empty is left out.
    """
    said = []
    for member, value in facts.items():
        name = within + member
        if isinstance(value, dict):
            said.append(lines(value, within=f"{name}."))
        elif isinstance(value, bool):
            said.append(f"{name}: {'yes' if value else 'no'}")
        elif isinstance(value, list):
            said.append(f"{name}: {', '.join(map(_word, value))}" if value else "")
        elif value is not None:
            said.append(f"{name}: {value}")
    return "\n".join(filter(None, said))


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def show_list(
    items: Iterable[dict[str, Any]],
    *,
    as_json: bool,
    line: Callable[[dict[str, Any]], str],
) -> None:
    """Prints a list: as ``{"items": […]}``, or a line each, while it is being read."""
    if not as_json:
        for item in items:
            channels.write([line(item), "\n"])
        return
    between, end = "", "]"
    channels.write(['{\n  "items": ['])
    for item in items:
        said = _document(item).replace("\n", "\n    ")
        channels.write([between, "\n    ", said])
        between, end = ",", "\n  ]"
    channels.write([end, "\n}\n"])

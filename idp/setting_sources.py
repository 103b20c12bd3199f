"""Where raw settings come from: variables, a TOML file, and files that hold one secret.

Gathers text by field name and notes every fault of the places. What a value means is
checked by ``settings``, which alone hands over the environment.
"""

import tomllib
from collections.abc import Collection
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

PREFIX = "IDP_"
NEAR = 0.8
"""How much alike a name has to be to be what was meant; 1 is the same."""

_FILE = "_file"
_OFF = frozenset({"", "0", "false", "no", "off"})


def variable(field: str) -> str:
    """Returns the name of a field's environment variable."""
    return PREFIX + field.upper()


class RawSettings:
    """Raw values by field name, and one line per fault of the places."""

    def __init__(self, fields: Collection[str], *, secrets: Collection[str]) -> None:
        """Takes the names that exist, and which of them may come from a file."""
        self.values: dict[str, object] = {}
        self.findings: list[str] = []
        self._fields = frozenset(fields)
        self._secrets = frozenset(secrets)

    def read(self, environ: Mapping[str, str]) -> None:
        """Reads the file that ``IDP_CONFIG`` names, then the environment over it."""
        if environ.get("FLASK_DEBUG", "").lower() not in _OFF:
            self.findings.append("FLASK_DEBUG: must be off (SEC-300)")
        given = {
            name.removeprefix(PREFIX).lower() if name.isupper() else name: value
            for name, value in environ.items()
            # An empty variable is how compose files and unit files say "not set".
            if name.startswith(PREFIX) and value
        }
        config = given.pop("config", None)
        if config is not None:
            self._take(self._table(Path(config)), "the file of IDP_CONFIG")
        self._take(given, "the environment")

    def _table(self, path: Path) -> dict[str, object]:
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except OSError as failure:
            self.findings.append(f"IDP_CONFIG: cannot be read ({failure.strerror})")
            return {}
        except ValueError:
            self.findings.append("IDP_CONFIG: is not a valid TOML file")
            return {}
        return {name.removeprefix(PREFIX.lower()): table[name] for name in table}

    def _take(self, given: Mapping[str, object], place: str) -> None:
        """Takes the values of one place over those taken before."""
        for name, value in given.items():
            field = name.removesuffix(_FILE)
            if name in self._fields:
                self.values[name] = value
            elif field not in self._secrets:
                self.findings.append(self._unknown(name, place))
            elif field in given:
                self.findings.append(f"{variable(field)}: is there twice, in {place}")
            else:
                self._take_secret(field, Path(str(value)))

    def _unknown(self, name: str, place: str) -> str:
        """Says that there is no such name, and which one it resembles."""
        said = name if name.startswith(PREFIX) else variable(name)
        known = self._fields | {one + _FILE for one in self._secrets}
        wanted = said.lower().removeprefix(PREFIX.lower())
        near = get_close_matches(wanted, sorted(known), 1, NEAR)
        hint = f"; is it {variable(near[0])}?" if near else ""
        return f"{said}: is unknown, in {place}{hint}"

    def _take_secret(self, field: str, path: Path) -> None:
        """Takes the text of a file, less one trailing line break."""
        try:
            text = path.read_text("utf-8")
        except OSError as failure:
            reason = failure.strerror
        except UnicodeDecodeError:
            reason = "not UTF-8"
        else:
            self.values[field] = text.removesuffix("\n")
            return
        self.findings.append(f"{variable(field + _FILE)}: cannot be read ({reason})")

"""A terminal for tests: runs `idp` in this process and gives what it said, and how."""

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any

from click.testing import CliRunner

from idp.cli.main import main


@dataclasses.dataclass(frozen=True)
class Said:
    """What a command wrote to each channel, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Gives the one document on standard output; fails where there is more."""
        assert self.status == 0, self
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """Gives the sentence of a refusal; fails where it was none."""
        assert (self.status, self.out) == (1, ""), self
        assert "Traceback" not in self.err
        return self.err

    @property
    def wrong_usage(self) -> str:
        """Gives what was said about wrong usage; fails where it was right."""
        assert (self.status, self.out) == (2, ""), self
        return self.err


@dataclasses.dataclass
class Terminal:
    """Where commands are typed; `settings` is the environment of all of them."""

    settings: Mapping[str, str]

    def __call__(
        self, *arguments: str, stdin: str | bytes | None = None, **settings: str
    ) -> Said:
        """Runs a command; more settings hold for this one only."""
        away = {name: None for name in os.environ if name.startswith("IDP_")}
        environment = {**away, **self.settings, **settings}
        done = CliRunner().invoke(main, arguments, input=stdin, env=environment)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

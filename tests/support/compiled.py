"""Templates compiled once for all applications of a test process.

The provider compiles its templates once in each process; a test process makes a
thousand applications. Only the compiled code is shared: names, filters and settings
stay those of each application.
"""

import types

from flask import Flask
from jinja2 import BytecodeCache
from jinja2 import bccache


class _Shared(BytecodeCache):
    """Keeps code by template and by digest of its source, so changes are seen."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], types.CodeType] = {}

    def load_bytecode(self, bucket: bccache.Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: bccache.Bucket) -> None:
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code


_SHARED = _Shared()


def share_templates(app: Flask) -> Flask:
    """Lets the application use what others have compiled; gives it back."""
    app.jinja_env.bytecode_cache = _SHARED
    return app

"""What is compiled once for all applications of a test process.

The provider compiles its templates and the addresses of its pages once in each process;
a test process makes thousands of applications. Only the compiled code is shared: names,
filters, converters and settings stay those of each application.
"""

import types
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2 import bccache
from werkzeug.routing import Rule

from idp.web.rendering import ENVIRONMENTS


class _Shared(BytecodeCache):
    """Keeps code by template and by digest of its source, so changes are seen."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], types.CodeType] = {}

    def load_bytecode(self, bucket: bccache.Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: bccache.Bucket) -> None:
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code


_SHARED: defaultdict[str, _Shared] = defaultdict(_Shared)  # by language
_BUILDERS: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}
_compile = Rule._compile_builder


def share_templates(app: Flask) -> Flask:
    """Lets the application use what others have compiled; gives it back."""
    for language, environment in app.extensions[ENVIRONMENTS].items():
        environment.bytecode_cache = _SHARED[language]
    return app


def _compile_once(
    rule: Rule, append_unknown: bool = True
) -> Callable[..., tuple[str, str]]:
    """Gives the function that builds an address of this rule.

    It asks the rule that it is called for about converters; all that it is made from
    is in the key, and defaults, which converters take part in, are compiled each time.
    """
    if rule.defaults:
        return _compile(rule, append_unknown)
    key = (rule.rule, append_unknown, *rule._trace)
    if key not in _BUILDERS:
        _BUILDERS[key] = _compile(rule, append_unknown)
    return _BUILDERS[key]


Rule._compile_builder = _compile_once  # type: ignore[method-assign]

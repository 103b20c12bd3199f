"""Reads the program as text: modules, what they import, and what they name.

Nothing of the program is imported here, so that a broken module is still judged by
its shape. The tests beside this file ask; this one only answers.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from functools import cache
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Import:
    """One name that a module takes from elsewhere, and whether a function does it."""

    target: str
    alias: str
    line: int
    inside_function: bool


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file: its dotted name and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module = field(repr=False)

    @property
    def where(self) -> str:
        return str(self.path.relative_to(TOP))

    @property
    def length(self) -> int:
        return len(self.path.read_text(encoding="utf-8").splitlines())

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, FUNCTIONS):
                yield node

    def imports(self) -> Iterator[Import]:
        inside = {
            id(child)
            for function in self.functions()
            for child in ast.walk(function)
            if isinstance(child, ast.Import | ast.ImportFrom)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    alias = name.asname or name.name.partition(".")[0]
                    yield Import(name.name, alias, node.lineno, id(node) in inside)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for name in node.names:
                    target = f"{node.module}.{name.name}"
                    alias = name.asname or name.name
                    yield Import(target, alias, node.lineno, id(node) in inside)


@cache
def modules(folder: str = "idp") -> tuple[Module, ...]:
    """Reads every module under a folder of the checkout."""
    return tuple(_read(path) for path in sorted((TOP / folder).rglob("*.py")))


def named(*names: str) -> tuple[Module, ...]:
    """Answers the modules with these names and everything below them."""
    return tuple(
        module
        for module in modules()
        if any(
            module.name == name or module.name.startswith(name + ".") for name in names
        )
    )


def module_of(target: str) -> str | None:
    """Answers which of our modules an imported name lives in."""
    known = {module.name for module in modules()}
    if target in known:
        return target
    parent = target.rpartition(".")[0]
    return parent if parent in known else None


def references(module: Module) -> Iterator[tuple[str, int]]:
    """Yields every name that a module uses, written out in full, with its line.

    ``now()`` after ``from idp.clock import now`` is ``idp.clock.now``; what hangs on a
    value and not on an import is ``.name``.
    """
    aliases = {found.alias: _full(found) for found in module.imports()}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            yield _dotted(node, aliases), node.lineno
        elif isinstance(node, ast.Name) and node.id in aliases:
            yield aliases[node.id], node.lineno


def defines(module: Module, name: str) -> bool:
    """Says whether a module defines a function, class or constant of this name."""
    for node in module.tree.body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and node.name == name:
            return True
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                return True
    return False


def _read(path: Path) -> Module:
    parts = list(path.relative_to(TOP).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return Module(".".join(parts), path, ast.parse(path.read_text(encoding="utf-8")))


def _full(found: Import) -> str:
    plain = found.target.partition(".")[0]
    return found.alias if found.alias == plain else found.target


def _dotted(node: ast.Attribute, aliases: dict[str, str]) -> str:
    parts = [node.attr]
    value = node.value
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    if isinstance(value, ast.Name) and value.id in aliases:
        parts.append(aliases[value.id])
        return ".".join(reversed(parts))
    return f".{node.attr}"

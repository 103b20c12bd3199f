"""What is secret stays out of every repr, and so out of logs and tracebacks."""

import ast
import re

from tests.architecture.tree import modules

SECRET_WORDS = {
    "code",
    "codes",
    "key",
    "passphrase",
    "password",
    "pem",
    "pin",
    "secret",
    "secrets",
    "sealed",
    "token",
    "verifier",
}
# An identifier, a moment, a number or a switch about a secret is not the secret.
HARMLESS_ENDINGS = (
    "_alg",
    "_at",
    "_challenge",
    "_claims",
    "_href",
    "_id",
    "_length",
    "_method",
    "_lifetime",
    "_remaining",
)
HARMLESS_TYPES = re.compile(
    r"^(bool|int|float|datetime|timedelta|Factor|Step)( \| None)?$"
)

# Fields that only sound secret, each with the reason.
EXCEPTIONS: dict[str, str] = {
    "Attempts.key": "names a counter: whose tries, of which factor",
    "ClaimsAsked.id_token": "which claims are wanted there",
    "Problem.code": "the word of an error, such as not-found",
    "Received.id_token": "the claims in it, not the token",
}

ADVICE = """
A dataclass prints all its fields wherever it is logged or raised. Write
`field(repr=False)` for what must not be read there. If the field only sounds secret,
list it as an exception with the reason."""


def test_no_dataclass_prints_a_secret():
    printed = [
        f"{module.where}:{field.lineno} {name}"
        for module in modules()
        for owner in ast.walk(module.tree)
        if isinstance(owner, ast.ClassDef) and _is_dataclass(owner)
        for field in owner.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        for name in [f"{owner.name}.{field.target.id}"]
        if _sounds_secret(field) and not _hidden(field) and name not in EXCEPTIONS
    ]

    assert not printed, "\n".join(printed) + ADVICE


def _is_dataclass(owner: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(one) for one in owner.decorator_list)


def _sounds_secret(field: ast.AnnAssign) -> bool:
    name = field.target.id if isinstance(field.target, ast.Name) else ""
    if name.endswith(HARMLESS_ENDINGS):
        return False
    if HARMLESS_TYPES.match(ast.unparse(field.annotation)):
        return False
    return not SECRET_WORDS.isdisjoint(name.split("_"))


def _hidden(field: ast.AnnAssign) -> bool:
    if not isinstance(field.value, ast.Call):
        return False
    return any(
        keyword.arg == "repr"
        and isinstance(keyword.value, ast.Constant)
        and keyword.value.value is False
        for keyword in field.value.keywords
    )

"""Every module of the plans that are wanted has its test and its row in the paper."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.tree import TOP
from tests.oidc.conformance import findings
from tests.oidc.conformance import plans

HERE = Path(__file__).parent
PAPER = (TOP / "docs" / "conformance.md").read_text(encoding="utf-8")
ROW = re.compile(r"\| `(oidcc-[\w-]+)` \| ([^|]+) \| `([\w/]+)\.py::(\w+)` \|")
SUMMARY = re.compile(r"\| ([\w -]+) \| `([\w-]+)` \| (\d+) \| 0 \| (\d+) \|")
WANTED = {
    "Basic OP": plans.BASIC,
    "Config OP": plans.CONFIG,
    "Form Post OP": plans.BASIC,
    "RP-Initiated OP": plans.RP_INITIATED,
    "Back-Channel OP": plans.BACK_CHANNEL,
    "Front-Channel OP": plans.FRONT_CHANNEL,
}
RESULTS = ("passed", "review", "skipped")


def replayed(pattern: str, fixture: str = "suite") -> set[str]:
    """Gives the tests with this fixture that are named after a module."""
    return {
        node.name
        for path in HERE.glob(pattern)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_oidcc_")
        if fixture in {argument.arg for argument in node.args.args}
    }


def named(module: str) -> str:
    """Gives the name of the test of a module."""
    return "test_" + module.replace("-", "_")


@pytest.mark.parametrize(
    ("modules", "files", "count"),
    [
        # The fixture `suite` of these files runs each test in both modes.
        (plans.BASIC, "test_basic_op*.py", 35),
        (plans.CONFIG, "test_config_op.py", 1),
        (plans.RP_INITIATED, "test_rp_initiated_op.py", 11),
        (plans.BACK_CHANNEL, "test_back_channel_op.py", 2),
        (plans.FRONT_CHANNEL, "test_front_channel_op.py", 2),
    ],
)
def test_every_module_has_its_test(
    modules: tuple[str, ...], files: str, count: int
) -> None:
    assert len(set(modules)) == count
    assert replayed(files) == {named(module) for module in modules}


def test_no_module_is_without_a_row_and_no_row_without_a_test() -> None:
    rows = {module: (result, file, test) for module, result, file, test in _rows()}
    assert list(rows) == [m for modules in _once() for m in modules]
    for module, (result, file, test) in rows.items():
        assert result.startswith(RESULTS), result
        assert test == named(module)
        assert test in replayed(f"{Path(file).name}.py")


def test_the_paper_counts_the_modules_of_each_plan() -> None:
    counted = {plan: int(number) for plan, _, number, _ in SUMMARY.findall(PAPER)}
    assert counted == {plan: len(modules) for plan, modules in WANTED.items()}


def test_the_paper_names_every_warning() -> None:
    for warning, reason in findings.EXPECTED.items():
        assert warning in PAPER
        assert reason in PAPER
    warned = sum(int(number) for *_, number in SUMMARY.findall(PAPER))
    assert bool(warned) == bool(findings.EXPECTED)


def _rows() -> list[tuple[str, str, str, str]]:
    return [match.groups() for match in ROW.finditer(PAPER)]  # type: ignore[misc]


def _once() -> list[tuple[str, ...]]:
    return list(dict.fromkeys(WANTED.values()))

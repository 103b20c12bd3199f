"""What holds for every test: where everything is required, nothing is skipped.

``OSTIARY_REQUIRE_ALL=1`` is set where a run promises to be complete. A skip from
whatever source then counts as a failure, with its reason as the message. No property
fails for having taken long: machines are busy (hypothesis would allow 200 ms).
"""

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings

from tests.support.memory import temporary_folder

pytest_plugins = [
    "tests.support.chromium",
    "tests.support.databases",
    "tests.support.hashes",
    "tests.support.statements",
]

# Read when the first test asks for a folder.
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", temporary_folder())

settings.register_profile(
    "unhurried",
    settings(),  # what hypothesis takes for this place: in CI always the same examples
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unhurried")

REQUIRE_ALL = os.environ.get("OSTIARY_REQUIRE_ALL") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    report = yield
    # What a hostile test logged may hold halves of characters, which workers of a
    # parallel run cannot send home.
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode())
        for name, text in report.sections
    ]
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        _turn_into_failure(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[
    None, pytest.CollectReport, pytest.CollectReport
]:
    report = yield
    if REQUIRE_ALL and report.skipped:
        _turn_into_failure(report)
    return report


def _turn_into_failure(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else "skipped"
    report.outcome = "failed"
    report.longrepr = f"{reason}\n(everything is required here, so a skip is a failure)"

"""Draws a QR code as one path for inline SVG.

In memory only: no file, no image address that a cache could keep (SEC-039).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET_ZONE_MODULES = 4


@dataclass(frozen=True, slots=True)
class QrCode:
    """A drawing: side in modules, quiet zone included, and the dark modules' path."""

    size: int
    path_d: str


def svg_path(uri: str) -> QrCode:
    """Draws the text as a QR code with the quiet zone of ISO/IEC 18004."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(uri)
    code.make(fit=True)
    path_d = "".join(
        f"M{x + QUIET_ZONE_MODULES} {y + QUIET_ZONE_MODULES}h{length}v1h-{length}z"
        for y, row in enumerate(code.modules)
        for x, length in _dark_runs([bool(module) for module in row])
    )
    return QrCode(size=len(code.modules) + 2 * QUIET_ZONE_MODULES, path_d=path_d)


def _dark_runs(row: list[bool]) -> Iterator[tuple[int, int]]:
    """Yields start and length of each run of dark modules."""
    x = 0
    for dark, run in groupby(row):
        length = len(list(run))
        if dark:
            yield x, length
        x += length

"""Arithmetic of colours: reading, contrast, and lightness that keeps the hue.

Contrast is WCAG 2.2's; lightness moves in OKLCH, where equal steps look equal.
No page, no setting and no file is touched here.
"""

import math
import re

Rgb = tuple[float, float, float]
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)


def is_colour(text: str) -> bool:
    """Tells whether the text is `#rgb` or `#rrggbb`."""
    return _HEX.fullmatch(text) is not None


def parse(text: str) -> Rgb:
    """Reads `#rgb` or `#rrggbb` into parts from 0 to 1; anything else: ValueError."""
    if not is_colour(text):
        raise ValueError("a colour looks like #1d6b63 or #a3c")
    digits = text[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def to_hex(rgb: Rgb) -> str:
    """Writes the colour as `#rrggbb`."""
    return "#" + "".join(f"{round(min(1, max(0, part)) * 255):02x}" for part in rgb)


def contrast(first: Rgb, second: Rgb) -> float:
    """Returns the contrast ratio, 1 to 21 (WCAG 2.2, 1.4.3)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def at_lightness(rgb: Rgb, lightness: float) -> Rgb:
    """Returns the colour of the same hue at an OKLCH lightness from 0 to 1.

    Chroma shrinks where the screen has no such colour.
    """
    _, a, b = _oklab(rgb)
    chroma = 1.0
    while chroma > 0.02:
        candidate = _from_oklab(lightness, a * chroma, b * chroma)
        if all(-0.0005 <= part <= 1.0005 for part in candidate):
            return candidate
        chroma -= 0.02
    return _from_oklab(lightness, 0.0, 0.0)


def lightness(rgb: Rgb) -> float:
    """Returns the OKLCH lightness, 0 (black) to 1 (white)."""
    return _oklab(rgb)[0]


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """Blends `share` (0 to 1) of the first colour into the second."""
    red, green, blue = (
        a * share + b * (1 - share) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _gamma(part: float) -> float:
    if part <= 0.0031308:
        return part * 12.92
    return float(1.055 * part ** (1 / 2.4) - 0.055)


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (_linear(part) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _oklab(rgb: Rgb) -> Rgb:
    # Matrices as published with OKLab (CSS Color 4, section 18).
    red, green, blue = (_linear(part) for part in rgb)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    mid = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * mid - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * mid + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * mid - 0.8086757660 * short,
    )


def _from_oklab(lightness: float, a: float, b: float) -> Rgb:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    mid = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _gamma(4.0767416621 * long - 3.3077115913 * mid + 0.2309699292 * short),
        _gamma(-1.2684380046 * long + 2.6097574011 * mid - 0.3413193965 * short),
        _gamma(-0.0041960863 * long - 0.7034186147 * mid + 1.7076147010 * short),
    )

"""Derives an organisation's shades from its one accent colour.

Pure: a setting in, a stylesheet out. Text on these shades reaches 4.5 : 1 and
controls 3 : 1 against the surfaces of `app.css`, in light and in dark.
"""

from collections.abc import Callable
from dataclasses import dataclass

from idp.web import colours
from idp.web.colours import Rgb

DEFAULT_ACCENT = "#1d6b63"
TEXT_CONTRAST = 4.5
CONTROL_CONTRAST = 3.0

WHITE: Rgb = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Surfaces:
    """The neutral colours of `app.css` that an accent stands on."""

    page: str
    card: str
    dark: bool


LIGHT = Surfaces(page="#f4f5f3", card="#ffffff", dark=False)
DARK = Surfaces(page="#121517", card="#1b1f22", dark=True)


@dataclass(frozen=True, slots=True)
class Shades:
    """The accent's tokens for one colour scheme, each as `#rrggbb`."""

    accent: str
    accent_strong: str
    on_accent: str
    accent_text: str
    accent_soft: str


def stylesheet(accent: str | None) -> str:
    """Returns the stylesheet that sets the accent tokens; bad input is the default."""
    light = _declarations(shades(accent, LIGHT))
    dark = _declarations(shades(accent, DARK))
    return (
        f":root {{\n{light}}}\n"
        f"@media (prefers-color-scheme: dark) {{\n:root {{\n{dark}}}\n}}\n"
    )


def shades(accent: str | None, surfaces: Surfaces) -> Shades:
    """Derives the tokens for one colour scheme, keeping the hue."""
    base = colours.parse(
        accent if accent and colours.is_colour(accent) else DEFAULT_ACCENT
    )
    page, card = colours.parse(surfaces.page), colours.parse(surfaces.card)
    step = 0.01 if surfaces.dark else -0.01
    on_accent = page if surfaces.dark else WHITE

    button = _walk(
        base, step, _start(base, surfaces), _button_is_clear(on_accent, card)
    )
    soft = _rounded(colours.mix(button, card, 0.16 if surfaces.dark else 0.09))
    text = _walk(base, step, _start(base, surfaces), _text_is_clear(page, card, soft))
    return Shades(
        accent=colours.to_hex(button),
        accent_strong=colours.to_hex(
            colours.at_lightness(base, colours.lightness(button) + 6 * step)
        ),
        on_accent=colours.to_hex(on_accent),
        accent_text=colours.to_hex(text),
        accent_soft=colours.to_hex(soft),
    )


def _start(base: Rgb, surfaces: Surfaces) -> float:
    # A little off the limits, so that hover still has somewhere to go.
    if surfaces.dark:
        return min(0.88, max(0.74, colours.lightness(base)))
    return max(0.24, colours.lightness(base))


def _walk(base: Rgb, step: float, start: float, clear: Callable[[Rgb], bool]) -> Rgb:
    """Moves the lightness until the colour is clear; black and white always are."""
    at = start
    while 0 < at < 1:
        candidate = _rounded(colours.at_lightness(base, at))
        if clear(candidate):
            return candidate
        at += step
    return WHITE if step > 0 else (0.0, 0.0, 0.0)


def _rounded(rgb: Rgb) -> Rgb:
    # The screen gets eight bits a part: judge what it gets.
    return colours.parse(colours.to_hex(rgb))


def _button_is_clear(on_accent: Rgb, card: Rgb) -> Callable[[Rgb], bool]:
    def clear(rgb: Rgb) -> bool:
        return (
            colours.contrast(rgb, on_accent) >= TEXT_CONTRAST
            and colours.contrast(rgb, card) >= CONTROL_CONTRAST
        )

    return clear


def _text_is_clear(*grounds: Rgb) -> Callable[[Rgb], bool]:
    def clear(rgb: Rgb) -> bool:
        return all(colours.contrast(rgb, ground) >= TEXT_CONTRAST for ground in grounds)

    return clear


def _declarations(tokens: Shades) -> str:
    return (
        f"  --accent: {tokens.accent};\n"
        f"  --accent-strong: {tokens.accent_strong};\n"
        f"  --on-accent: {tokens.on_accent};\n"
        f"  --accent-text: {tokens.accent_text};\n"
        f"  --accent-soft: {tokens.accent_soft};\n"
    )

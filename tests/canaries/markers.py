"""A secret, the shapes it may take when it leaks, and how it is looked for.

Knows nothing of the provider. A value that is long is also looked for by its two ends,
because a log may show "the first few characters".
"""

import base64
import dataclasses
import re
import urllib.parse

WINDOW = 16
"""So many characters of a random value are no accident."""
LONG = 24


@dataclasses.dataclass(frozen=True)
class Marker:
    """A secret by its name; ``raw`` is the key itself where ``value`` spells it."""

    what: str
    value: str
    raw: bytes = b""
    ends: bool = True
    """Whether the ends alone betray it; not where many values begin alike."""

    @property
    def shapes(self) -> set[bytes]:
        """Gives what to look for: as it is, encoded, and in part."""
        texts = {self.value, self.value.replace("-", "")}
        if self.ends and len(self.value) >= LONG:
            texts |= {self.value[:WINDOW], self.value[-WINDOW:]}
        plain = {text.encode() for text in texts} | ({self.raw} - {b""})
        return plain | {shape for one in plain for shape in encodings(one)}

    def is_in(self, place: bytes) -> bool:
        """Tells whether any shape of it lies there, in letters of either case."""
        if self.value.isdigit():
            return digits(self.value).search(place) is not None
        small = place.lower()
        return any(shape.lower() in small for shape in self.shapes)


def encodings(plain: bytes) -> set[bytes]:
    """Gives the usual ways of writing bytes down."""
    sixty_four = base64.b64encode(plain).rstrip(b"=")
    return {
        plain.hex().encode(),
        sixty_four,
        sixty_four.translate(bytes.maketrans(b"+/", b"-_")),
        base64.b32encode(plain).rstrip(b"="),
        urllib.parse.quote(plain, safe="").encode(),
    }


def digits(code: str) -> re.Pattern[bytes]:
    """Finds a short number that stands alone: not in a hash, not a split second."""
    return re.compile(rb"(?<![0-9A-Za-z.])" + code.encode() + rb"(?![0-9A-Za-z])")

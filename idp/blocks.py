"""Long answers, made block by block, so that little of them is held at once.

Knows neither the server nor the application; who sends them is ``idp.gateway``.
"""

import contextvars
from collections.abc import Iterable
from collections.abc import Iterator

SIZE = 256 * 1024
"""Bytes of an answer that are held at once."""


class Rest:
    """The rest of an answer, taken block by block, each perhaps in another thread."""

    def __init__(
        self,
        made: Iterable[bytes],
        chunks: Iterator[bytes],
        context: contextvars.Context,
    ) -> None:
        """Takes what makes the answer, and the context that it was begun in."""
        self._made = made
        self._chunks = chunks
        self._context = context

    def take(self) -> bytes:
        """Returns the next block; nothing at the end."""
        return self._context.run(next_block, self._chunks)

    def close(self) -> None:
        """Ends an answer, read to its end or not."""
        self._context.run(close, self._made)


def next_block(chunks: Iterator[bytes]) -> bytes:
    """Returns about so much of an answer; nothing at its end."""
    block = bytearray()
    for chunk in chunks:
        block += chunk
        if len(block) >= SIZE:
            break
    return bytes(block)


def close(made: object) -> None:
    """Ends what makes an answer, where it wants to know."""
    close = getattr(made, "close", None)
    if close is not None:
        close()

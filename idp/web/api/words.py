"""Words from a closed list, for the models of the API.

The lists stand where the words mean something, so that no model repeats them.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core import core_schema


@dataclass(frozen=True, slots=True)
class OneOf:
    """Marks a text that is one of these words: ``Annotated[str, OneOf(WORDS)]``."""

    words: tuple[str, ...]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Describes the words to the model, and so to the document."""
        return core_schema.literal_schema(list(self.words))

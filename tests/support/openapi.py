"""Writes the copy of the API document for readers: ``python -m tests.support.openapi``.

Made from the same declarations as the document that is served, for an example issuer.
"""

import json
from pathlib import Path

from idp.web.api import mounting
from idp.web.api import openapi

COPY = Path(__file__).parents[2] / "docs" / "openapi.json"
ISSUER = "https://sso.example.org"


def text() -> str:
    """Gives what the copy has to hold."""
    document = openapi.document(mounting.SUBJECTS, ISSUER)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    COPY.write_text(text(), encoding="utf-8")

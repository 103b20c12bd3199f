"""Settings that name a file: it has to be there, and of the kind that is needed."""

import ssl
from pathlib import Path

LOGO_SUFFIXES = frozenset({".svg", ".png", ".webp", ".jpg", ".jpeg"})


def existing_file(path: Path) -> Path:
    """Checks that a file is there."""
    if not path.is_file():
        raise ValueError("must name a file that exists")
    return path.absolute()


def picture(path: Path) -> Path:
    """Checks that a file can be shown as a picture: its ending says of which kind."""
    if path.suffix.lower() not in LOGO_SUFFIXES:
        raise ValueError("must end with .svg, .png, .webp, .jpg or .jpeg")
    try:
        path.read_bytes()
    except OSError as fault:
        raise ValueError(f"cannot be read ({fault.strerror})") from None
    return path


def authorities(path: Path) -> Path:
    """Checks that a file holds certificates to trust."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        raise ValueError("must hold certificates in PEM") from None
    except OSError as fault:
        raise ValueError(f"cannot be read ({fault.strerror})") from None
    return path

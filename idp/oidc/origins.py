"""CORS: which origin may read which protocol answers (SEC-161, RFC 6454, Fetch).

A client's origins are those that were listed, or those of a public client's return
addresses. Discovery and keys are open to all and are not asked about here.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from idp.actions import clients
from idp.actions import tokens
from idp.actions.grants import Client
from idp.actions.work import Work

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST = 300


def allowed(work: Work, origin: str, client_id: str | None) -> bool:
    """Tells whether an origin may read an answer for this client.

    Where the client is not known (a preflight, a failed authentication), the origin of
    any client will do: such an answer holds nothing that is a client's.
    """
    if len(origin) > LONGEST or not origin.startswith(("http://", "https://")):
        return False
    if client_id is None:
        return any(origin in of(one) for one in clients.list_clients(work))
    client = tokens.find_client(work, client_id)
    return client is not None and origin in of(client)


def of(client: Client) -> Iterable[str]:
    """Returns the origins from which a client's pages call us."""
    if not client.enabled:
        return ()
    if client.allowed_origins is not None:
        return client.allowed_origins
    if not client.public:
        return ()
    return {found for uri in client.redirect_uris if (found := _origin(uri))}


def _origin(uri: str) -> str | None:
    """Serialises the origin of an address (RFC 6454 section 6.2); None when opaque."""
    parts = urlsplit(uri)
    if parts.scheme not in DEFAULT_PORTS or parts.hostname is None:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.port in (None, DEFAULT_PORTS[parts.scheme]):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{parts.port}"

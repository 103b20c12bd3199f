"""What applications demand of requests, as members of their record without a column.

Only which demands exist. Enforcing them is ``oidc.requests``.
"""

from collections.abc import Mapping

DEMANDS = frozenset(
    {
        "require_auth_time",
        "require_pushed_authorization_requests",
        "require_signed_request_object",
    }
)


def demands_more(details: Mapping[str, object]) -> bool:
    """Tells whether a later version was told of a demand that is not known here.

    Such an application is as good as disabled: its demand cannot be kept (REL-052).
    """
    return any(
        details[name]
        for name in details
        if name.startswith("require_") and name not in DEMANDS
    )

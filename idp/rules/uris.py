"""Addresses of applications and of our own pages, compared and checked as values.

No look-up of names, no request: text in, answer out (SEC-162, 170, 172, 245).
"""

from ipaddress import ip_address


def is_loopback_host(host: str) -> bool:
    """Tells whether a parsed host is ``localhost`` or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

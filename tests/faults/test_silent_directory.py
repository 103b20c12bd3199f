"""REL-009: a directory that takes connections and says nothing.

Its own people are told that it is away; those who are kept here sign in as ever.
"""

import pathlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.support.people import is_signed_in
from tests.support.provider import Provider
from tests.support.provider import serving

CROWD = 24
"""More than a worker has threads for people."""


def test_local_people_sign_in_beside_a_silent_directory(
    tmp_path: pathlib.Path,
) -> None:
    over = threading.Event()
    with (
        socket.create_server(("127.0.0.1", 0), backlog=128) as silent,
        serving(
            tmp_path,
            workers=1,
            IDP_LDAP_URL=f"ldap://127.0.0.1:{silent.getsockname()[1]}",
            IDP_LDAP_BASE_DN="dc=example,dc=org",
        ) as there,
        ThreadPoolExecutor(CROWD) as pool,
    ):
        mia = there.person("mia")
        begun = threading.Barrier(CROWD + 1, timeout=60)
        names = [f"somebody-{number}" for number in range(CROWD)]
        crowd = [pool.submit(asks_on, there, name, begun, over) for name in names]
        try:
            begun.wait()
            for _ in range(3):
                browser = mia.enter_password(there.browser().visit("/login"))
                assert browser.page == "login-totp"
            assert is_signed_in(mia.enter_code(browser))
        finally:
            over.set()
        told = set().union(*(one.result() for one in crowd))
        assert told == {(503, "unavailable")}


def asks_on(
    there: Provider, name: str, begun: threading.Barrier, over: threading.Event
) -> set[tuple[int, str | None]]:
    """Tries to sign in as somebody who is not kept here; gives what is said."""
    told = set()
    browser = there.browser().visit("/login")
    form = browser.html.form("sign-in")
    begun.wait()
    while not over.is_set():
        browser.send(form, {"username": name, "password": "wrong"})
        told.add((browser.status, browser.error))
    return told

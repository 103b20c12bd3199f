"""SEC-285 to SEC-289: whatever comes over the wire, the answer is short and the
server well."""

import pytest

from tests.serve.stage import FORM
from tests.serve.stage import Server
from tests.serve.stage import status

TYPE = FORM.strip()
CHUNKED = b"Transfer-Encoding: chunked"
GRANT = b"grant_type=authorization_code&code=x"


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def test_no_answer_says_which_version_serves(server: Server) -> None:
    for path in (b"/healthz", b"/login", b"/nothing"):
        head = server.ask(b"GET " + path).partition(b"\r\n\r\n")[0].lower()
        (line,) = [one for one in head.split(b"\r\n") if one.startswith(b"server:")]
        assert not any(sign in b"0123456789/." for sign in line), line
        assert b"x-powered-by" not in head


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"GET / HTTP/1.1\r\nX: %b\r\n" % (b"a" * 500_000), (431, 400)),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 500, (431, 400)),
        (b"GET /%b HTTP/1.1\r\n" % (b"a" * 70_000), (414, 431)),
        (b"GET /a\x00b HTTP/1.1\r\n", (400,)),
        (b"GET /healthz HTTP/1.1\r\nX: a\x00b\r\n", (400,)),
        (b"GET /healthz HTTP/1.1\r\nX : a\r\n", (400,)),
        (b"GET /healthz HTTP/9.9\r\n", (400, 505)),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", (0, 400)),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n", (0, 400)),
        (b"POST /token HTTP/1.1\r\nContent-Length: -5\r\n", (400,)),
        (b"POST /token HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n", (400,)),
        (b"POST /token HTTP/1.1\r\nTransfer-Encoding: gzip\r\n", (400, 501)),
    ],
)
def test_what_is_no_request_is_refused_before_any_view(
    server: Server, sent: bytes, expected: tuple[int, ...]
) -> None:
    answer = server.raw(sent + server.host + b"\r\n")
    assert status(answer) in expected, answer[:200]
    assert server.alive()


@pytest.mark.parametrize(
    "line",
    [
        b"GET /%00",
        b"GET /%ff%fe",
        b"GET /h%zz",
        b"GET /\xc3\xbc",
        b"GET //evil.example/",
        b"GET //login",
        b"GET ///healthz",
        b"GET login",
        b"GET /../../etc/passwd",
        b"GET /static/..%2f..%2fapp.py",
        b"OPTIONS *",
        b"CONNECT evil.example:443",
    ],
)
def test_an_odd_path_is_not_found(server: Server, line: bytes) -> None:
    answer = server.ask(line)
    assert status(answer) == 404, answer[:200]
    assert b"data-request-id" in answer


@pytest.mark.parametrize("method", [b"BREW", b"TRACE", b"PUT", b"DELETE", b"PROPFIND"])
def test_an_unknown_method_is_told_which_there_are(
    server: Server, method: bytes
) -> None:
    for path in (b"/login", b"/healthz", b"/settings"):
        answer = server.ask(b"%b %b" % (method, path)).lower()
        assert status(answer.upper()) in (405, 501), answer[:200]
        assert b"\r\nallow: get" in answer
        assert b"traceback" not in answer


def test_options_change_nothing_and_list_the_methods(server: Server) -> None:
    answer = server.ask(b"OPTIONS /login").lower()
    assert status(answer.upper()) == 200
    assert b"\r\nallow: " in answer
    assert b"set-cookie" not in answer


def test_head_is_get_without_a_body(server: Server) -> None:
    for path in (b"/healthz", b"/.well-known/openid-configuration"):
        got, _, body = server.ask(b"GET " + path).partition(b"\r\n\r\n")
        head, _, nothing = server.ask(b"HEAD " + path).partition(b"\r\n\r\n")
        length = b"content-length: %d" % len(body)
        assert status(head) == status(got) == 200
        assert nothing == b""
        assert length in head
        assert length in got


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [b"evil.example"],
        [b"127.0.0.1:1"],
        [b"127.0.0.1@evil.example"],
        [b"a\xff"],
        [b""],
        [b"%(right)s", b"%(right)s"],
        [b"%(right)s", b"evil.example"],
    ],
)
def test_another_host_is_refused_except_for_health(
    server: Server, hosts: list[bytes]
) -> None:
    right = server.host[6:].strip()
    lines = b"".join(
        b"Host: " + host.replace(b"%(right)s", right) + b"\r\n" for host in hosts
    )
    ask = b"GET %b HTTP/1.1\r\n" + lines + b"Connection: close\r\n\r\n"
    refused = server.raw(ask % b"/login")
    assert status(refused) == 400, refused[:200]
    assert b"evil" not in refused
    assert status(server.raw(ask % b"/healthz")) in (200, 400)


def test_an_absolute_target_counts_by_its_host_header(server: Server) -> None:
    right = server.host[6:].strip()
    assert status(server.ask(b"GET http://%b/healthz" % right)) == 200
    ours = server.ask(b"GET http://evil.example/login")
    assert b"evil" not in ours
    foreign = b"GET http://evil.example/login HTTP/1.1\r\nConnection: close\r\n"
    assert status(server.raw(foreign + b"\r\n")) == 400
    assert status(server.raw(foreign + b"Host: evil.example\r\n\r\n")) == 400


def test_a_body_in_chunks_is_read_like_any_other(server: Server) -> None:
    known = server.ask(
        b"POST /token",
        TYPE,
        CHUNKED,
        body=chunk(GRANT[:9]) + chunk(GRANT[9:]) + b"0\r\n\r\n",
    )
    plain = server.ask(
        b"POST /token", TYPE, b"Content-Length: %d" % len(GRANT), body=GRANT
    )
    assert status(known) == status(plain) == 401
    assert b"invalid_client" in known


@pytest.mark.parametrize("size", [b"F" * 17, b"3;" + b"x" * 70_000, b"-1", b"z"])
def test_a_body_in_chunks_that_cannot_be_read_is_refused(
    server: Server, size: bytes
) -> None:
    """NO5XX: the fault is whose words these are"""
    answer = server.ask(b"POST /token", TYPE, CHUNKED, body=size + b"\r\na=b\r\n")
    assert status(answer) == 400, answer[:200]
    assert server.alive()


def test_a_large_body_is_refused_in_chunks_too(server: Server) -> None:
    many = chunk(b"a" * 8192) * 12 + b"0\r\n\r\n"
    assert status(server.ask(b"POST /token", TYPE, CHUNKED, body=many)) == 413
    long = b"a" * 65537
    length = b"Content-Length: %d" % len(long)
    assert status(server.ask(b"POST /token", TYPE, length, body=long)) == 413
    endless = chunk(b"a" * 65536) * 40
    assert status(server.ask(b"POST /token", TYPE, CHUNKED, body=endless)) in (0, 413)


@pytest.mark.parametrize("length", [2 * 1024 * 1024 + 1, 99_999_999, 2**63, 10**30])
def test_a_large_body_is_refused_before_it_comes(server: Server, length: int) -> None:
    answer = server.ask(b"POST /token", TYPE, b"Content-Length: %d" % length)
    assert status(answer) in (400, 413), answer[:200]


def test_an_upgrade_is_not_taken(server: Server) -> None:
    answer = server.ask(b"GET /healthz", b"Upgrade: websocket", b"Connection: Upgrade")
    assert status(answer) != 101


def test_a_header_with_an_underscore_is_nobody(server: Server) -> None:
    """A proxy that checks ``X-Forwarded-For`` does not see ``X_Forwarded_For``."""
    answer = server.ask(
        b"POST /token", TYPE, b"Content_Length: 5", b"Content-Length: 0"
    )
    assert status(answer) == 400


def test_foreign_bytes_in_cookies_do_not_hide_ours(server: Server) -> None:
    first = server.ask(b"GET /login")
    cookie = next(
        line[12:].partition(b";")[0]
        for line in first.split(b"\r\n")
        if line.lower().startswith(b"set-cookie: ")
    )
    place = next(
        line[10:] for line in first.split(b"\r\n") if line.lower().startswith(b"loc")
    )
    other = b"Cookie: other=\xc3\xbc\xff; " + cookie
    assert status(server.ask(b"GET " + place, other)) == 200

"""The one way out: where it may lead, whom it trusts, and that it always ends."""

import dataclasses
import pathlib
from ipaddress import ip_address

import pytest

from idp import outbound
from idp.outbound import NotDelivered
from idp.outbound import Ways
from tests.support import receiver
from tests.support.certificates import Authority
from tests.support.publisher import publishing
from tests.support.receiver import receiving

LOOPBACK = Ways(loopback=True)
SOON = Ways(loopback=True, answer=0.3)
FIELDS = {"logout_token": "a.b.c"}


def reason_of(url: str, ways: Ways) -> str:
    """Gives why a request is not delivered."""
    with pytest.raises(NotDelivered) as caught:
        outbound.post_form(url, FIELDS, ways)
    assert FIELDS["logout_token"] not in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1"),
        *("192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1"),
        *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "fec0::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::"),
        *("2002:808:808::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
        *("2001::1", "2001:db8::1"),
    ],
)
def test_private_addresses_are_not_reached(address: str) -> None:
    """SEC-290, AC-151"""
    assert not outbound.may_reach(ip_address(address), Ways())


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_public_addresses_are_reached(address: str) -> None:
    assert outbound.may_reach(ip_address(address), Ways())


def test_what_is_allowed_is_reached_and_no_more() -> None:
    ways = Ways(allowed=("10.1.0.0/16", "app.internal"))
    assert outbound.may_reach(ip_address("10.1.2.3"), ways)
    assert outbound.may_reach(ip_address("::ffff:10.1.2.3"), ways)
    assert not outbound.may_reach(ip_address("10.2.0.1"), ways)
    assert not outbound.may_reach(ip_address("127.0.0.1"), ways)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "0"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost"),
    ],
)
def test_no_way_of_writing_leads_to_loopback(host: str) -> None:
    """AC-151: decimal, octal and mapped forms"""
    with receiving() as application:
        port = application.url.rpartition(":")[2].partition("/")[0]
        assert reason_of(f"https://{host}:{port}/", Ways()) in (
            "address not allowed",
            "unknown host",
        )
        assert application.tokens == []


def test_a_name_that_is_allowed_may_be_private() -> None:
    assert outbound.endpoints("localhost", 443, Ways(allowed=("localhost",)))
    with pytest.raises(NotDelivered, match="not allowed"):
        outbound.endpoints("localhost", 443, Ways(allowed=("other",)))


def test_a_form_arrives_with_nothing_of_ours_but_the_body() -> None:
    with receiving() as application:
        assert outbound.post_form(application.url, FIELDS, LOOPBACK) == 200
    assert application.tokens == ["a.b.c"]
    (headers,) = application.headers
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not headers.keys() & {"Cookie", "Authorization"}


def test_plain_http_is_for_a_loopback_issuer_only() -> None:
    with receiving() as application:
        ways = Ways(allowed=("127.0.0.1/32",))
        assert reason_of(application.url, ways) == "not an https address"


def test_a_redirect_is_not_followed() -> None:
    with receiving(302) as application:
        assert outbound.post_form(application.url, FIELDS, LOOPBACK) == 302
    assert len(application.tokens) == 1


def test_an_endless_body_is_not_read() -> None:
    with receiving(behave=receiver.endless) as application:
        assert outbound.post_form(application.url, FIELDS, LOOPBACK) == 200


@pytest.mark.parametrize("behave", [receiver.hangs, receiver.drips])
def test_whoever_is_slow_is_left(behave: receiver.Behave) -> None:
    """REL-061: a limit for all of it, not for each byte"""
    with receiving(behave=behave) as application:
        assert reason_of(application.url, SOON) == "no answer in time"


def test_an_endless_head_is_not_read_to_its_end() -> None:
    with receiving(behave=receiver.floods) as application:
        assert reason_of(application.url, LOOPBACK).startswith("no ")


def test_whoever_accepts_nobody_is_left() -> None:
    with receiver.silence() as url:
        assert reason_of(url, SOON) == "no answer in time"


def test_whoever_is_not_there_is_not_waited_for() -> None:
    with receiving() as application:
        pass
    assert reason_of(application.url, LOOPBACK).startswith("no connection")


def test_tls_needs_an_authority_that_is_trusted(tmp_path: pathlib.Path) -> None:
    authority = Authority(tmp_path)
    ways = Ways(allowed=("127.0.0.0/8",), ca_file=authority.file)
    with receiving(tls=authority.context("127.0.0.1")) as application:
        assert outbound.post_form(application.url, FIELDS, ways) == 200
        untrusting = dataclasses.replace(ways, ca_file=None)
        assert reason_of(application.url, untrusting).startswith("certificate")


def test_a_certificate_of_another_host_is_refused(tmp_path: pathlib.Path) -> None:
    authority = Authority(tmp_path)
    ways = Ways(allowed=("127.0.0.0/8",), ca_file=authority.file)
    with receiving(tls=authority.context("other.example")) as application:
        assert reason_of(application.url, ways).startswith("certificate")
    assert application.tokens == []


def test_a_document_is_fetched_with_nothing_of_ours() -> None:
    with publishing({"keys": []}) as published:
        assert outbound.fetch(published.url, LOOPBACK) == b'{"keys": []}'
    (headers,) = published.asked
    assert not headers.keys() & {"Cookie", "Authorization", "Content-Length"}


@pytest.mark.parametrize("status", [204, 301, 304, 404, 500])
def test_only_a_200_is_a_document(status: int) -> None:
    with publishing({"keys": []}) as published:
        published.status = status
        published.headers = {"Location": published.url}
        with pytest.raises(NotDelivered, match=f"status {status}"):
            outbound.fetch(published.url, LOOPBACK)
    assert len(published.asked) == 1


def test_a_document_has_a_size() -> None:
    with publishing(b"x" * 60_000) as published:
        assert len(outbound.fetch(published.url, LOOPBACK)) == 60_000
        published.document = b"x" * 70_000
        with pytest.raises(NotDelivered):
            outbound.fetch(published.url, LOOPBACK)

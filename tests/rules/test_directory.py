"""What an entry says: disabled or not, and one text of many values."""

import pytest

from idp.rules import directory

MAPPING = {"username": "uid", "email": "mail", "name": "cn", "nickname": "jpegPhoto"}


@pytest.mark.parametrize(
    ("attributes", "off"),
    [
        ({}, False),
        ({"useraccountcontrol": [b"512"]}, False),
        ({"useraccountcontrol": [b"514"]}, True),
        ({"useraccountcontrol": [b"odd"]}, False),
        ({"nsaccountlock": [b"TRUE"]}, True),
        ({"nsaccountlock": [b"false"]}, False),
        ({"logindisabled": [b"true "]}, True),
        ({"pwdaccountlockedtime": [b"000001010000Z"]}, True),
        ({"pwdaccountlockedtime": [b"20260302100000Z"]}, False),
    ],
)
def test_each_kind_of_directory_says_in_its_way_who_is_disabled(attributes, off):
    assert directory.is_switched_off(attributes) is off


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_values_the_first_of_the_alphabet_counts_in_any_order(order):
    values = [b"zoe@example.org", b"Ada@example.org", b"bob@example.org"][::order]

    found = directory.details({"mail": values}, MAPPING, {})

    assert found == {"email": "Ada@example.org"}


def test_the_value_in_use_stays_until_it_is_taken_away():
    held = {"email": "zoe@example.org"}
    both = {"mail": [b"ada@example.org", b"zoe@example.org"]}
    one = {"mail": [b"ada@example.org"]}

    assert directory.details(both, MAPPING, held) == {"email": "zoe@example.org"}
    assert directory.details(one, MAPPING, held) == {"email": "ada@example.org"}


def test_what_cannot_be_a_value_is_left_out():
    attributes = {
        "uid": [b"\x00", b" lena "],
        "mail": [b"nowhere"],
        "cn": [b"two\nlines", b""],
        "jpegphoto": [b"\xff\xd8\xff"],
    }

    assert directory.details(attributes, MAPPING, {}) == {"username": "lena"}


@pytest.mark.parametrize(
    ("gone", "known", "believed"),
    [(1, 1, True), (10, 10, True), (11, 21, False), (11, 22, True), (50, 60, False)],
)
def test_a_few_may_be_gone_and_of_many_no_more_than_half(gone, known, believed):
    assert directory.is_believable(gone, known) is believed

"""Who may do what to whom, and that somebody can always administer."""

import pytest

from idp.rules import permissions
from idp.rules.permissions import ADMINISTRATOR
from idp.rules.permissions import AUDITOR
from idp.rules.permissions import BUILT_IN
from idp.rules.permissions import HELPDESK
from idp.rules.permissions import MFA_WRITE
from idp.rules.permissions import PERMISSIONS
from idp.rules.permissions import ROLES_WRITE
from idp.rules.permissions import USERS_READ
from idp.rules.permissions import USERS_WRITE

NOBODY: tuple[str, ...] = ()


def test_the_names_of_rights_are_those_of_the_interface():
    assert PERMISSIONS == (
        "idp:users:read",
        "idp:users:write",
        "idp:mfa:read",
        "idp:mfa:write",
        "idp:sessions:write",
        "idp:roles:write",
        "idp:clients:read",
        "idp:clients:write",
        "idp:policy:read",
        "idp:policy:write",
        "idp:audit:read",
        "idp:keys:write",
    )


def test_the_built_in_roles_hold_what_the_interface_says():
    assert BUILT_IN[ADMINISTRATOR] == PERMISSIONS
    assert set(BUILT_IN[HELPDESK]) == {
        "idp:users:read",
        "idp:mfa:read",
        "idp:mfa:write",
        "idp:sessions:write",
    }
    assert {right for right in PERMISSIONS if right.endswith(":read")} == set(
        BUILT_IN[AUDITOR]
    )


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_only_who_holds_a_right_may_use_it(permission):
    others = [right for right in PERMISSIONS if right != permission]

    assert permissions.may([permission], permission)
    assert not permissions.may(others, permission)
    assert not permissions.may(NOBODY, permission)


def test_a_word_that_is_no_right_of_ours_is_never_held_by_part():
    assert not permissions.may(["idp:users"], USERS_READ)
    assert not permissions.may([USERS_READ], "idp:users:*")


@pytest.mark.parametrize(
    ("actor", "target", "allowed"),
    [
        (HELPDESK, NOBODY, True),
        (HELPDESK, BUILT_IN[HELPDESK], False),
        (HELPDESK, BUILT_IN[AUDITOR], False),
        (HELPDESK, PERMISSIONS, False),
        (HELPDESK, (USERS_READ,), False),
        (ADMINISTRATOR, NOBODY, True),
        (ADMINISTRATOR, BUILT_IN[HELPDESK], True),
        (ADMINISTRATOR, PERMISSIONS, True),
        (AUDITOR, NOBODY, False),
    ],
)
def test_nobody_touches_who_has_more_rights(actor, target, allowed):
    assert permissions.may(BUILT_IN[actor], MFA_WRITE, target) is allowed


def test_handing_out_roles_does_not_open_an_account_with_a_right_that_one_lacks():
    actor = (ROLES_WRITE, USERS_WRITE)

    assert permissions.may(actor, USERS_WRITE, (ROLES_WRITE,))
    assert not permissions.may(actor, USERS_WRITE, (ROLES_WRITE, MFA_WRITE))


@pytest.mark.parametrize(
    ("actor", "granted", "allowed"),
    [
        (NOBODY, NOBODY, True),
        (PERMISSIONS, PERMISSIONS, True),
        ((ROLES_WRITE, MFA_WRITE), (MFA_WRITE,), True),
        ((ROLES_WRITE,), (MFA_WRITE,), False),
        ((MFA_WRITE,), (MFA_WRITE,), False),
        (PERMISSIONS, (*PERMISSIONS, "idp:moon:write"), False),
    ],
)
def test_nobody_grants_what_they_lack(actor, granted, allowed):
    assert permissions.may_grant(actor, granted) is allowed


def test_rights_are_told_from_other_scopes_and_unknown_ones_are_named():
    scopes = ("openid", USERS_READ, "idp:moon:read")

    assert permissions.of_scopes(scopes) == (USERS_READ, "idp:moon:read")
    assert permissions.unknown((USERS_READ, "idp:moon:read")) == ("idp:moon:read",)


@pytest.mark.parametrize(
    ("was_one", "stays_one", "others", "fine"),
    [
        (True, False, 0, False),
        (True, False, 1, True),
        (True, True, 0, True),
        (False, False, 0, True),
        (False, True, 0, True),
    ],
)
def test_the_last_administrator_stays(was_one, stays_one, others, fine):
    left = permissions.leaves_an_administrator(
        was_one=was_one, stays_one=stays_one, others=others
    )

    assert left is fine


@pytest.mark.parametrize(
    ("scopes", "rights", "kept"),
    [
        (("openid", USERS_READ), (), ("openid",)),
        (("openid", USERS_READ), (USERS_READ, USERS_WRITE), ("openid", USERS_READ)),
        (("idp:no:right", "email"), (USERS_READ,), ("email",)),
        ((), (USERS_READ,), ()),
    ],
)
def test_scopes_keep_no_right_that_the_person_lacks(scopes, rights, kept):
    assert permissions.held(scopes, rights) == kept


def test_our_own_api_is_named_below_the_issuer():
    """interface.md section 4"""
    assert permissions.api_audience("https://a.example/idp") == (
        "https://a.example/idp/api/v1"
    )

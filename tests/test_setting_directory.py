"""The settings of the directory: what does, and one line for each that does not."""

import pytest

from idp.errors import Misconfigured
from idp.settings import Settings

FINE = {"IDP_LDAP_URL": "ldaps://ldap.example.org", "IDP_LDAP_BASE_DN": "dc=example"}


def test_attributes_are_the_usual_ones_but_for_what_is_said():
    given = '{"username": "sAMAccountName", "family_name": "", "nickname": "initials"}'

    settings = Settings.load({**FINE, "IDP_LDAP_ATTRIBUTE_MAP": given})

    assert settings.ldap_attribute_map == {
        "username": "sAMAccountName",
        "email": "mail",
        "name": "cn",
        "given_name": "givenName",
        "nickname": "initials",
    }


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("URL", "ldapi://%2Frun%2Fldapi", "must begin with"),
        ("URL", "ldaps://cn=x@ldap.example.org", "must name a host"),
        ("URL", "ldaps://ldap.example.org/dc=x", "must end after host and port"),
        ("URL", "ldap://ldap.example.org", "must be ldaps:// or"),
        ("URL", "ldaps://a.example ldap://b.example", "must be ldaps:// or"),
        ("URL", "ldaps://a.example,ldaps://A.example/", "names a server twice"),
        ("URL", " , ", "must name a server"),
        ("URL", "ldaps://a ldaps://b ldaps://c ldaps://d ldaps://e", "at most 4"),
        ("START_TLS", "yes", "is for ldap://"),
        ("BIND_DN", "cn=reader", "both or neither"),
        ("ID_ATTRIBUTE", "entry UUID", "must be the name of an attribute"),
        ("ATTRIBUTE_MAP", '{"roles": "x"}', "must map username"),
        ("ATTRIBUTE_MAP", '{"email": "mail)"}', "must be the name of an attribute"),
        ("ATTRIBUTE_MAP", '{"username": ""}', "must leave an attribute"),
        ("USER_FILTER", "uid={username}", "one filter in parentheses"),
        ("USER_FILTER", "(uid={username})(a=b)", "one filter in parentheses"),
        ("USER_FILTER", "((uid={username})", "one filter in parentheses"),
        ("USER_FILTER", "(uid={name})", "may hold {username}"),
        ("USER_FILTER", "(&(uid={username})(a={dn}))", "must hold {username}"),
        ("GROUP_FILTER", "(member=me)", "must hold {dn} or {username}"),
    ],
)
def test_each_mistake_is_one_line(variable: str, value: str, complaint: str):
    with pytest.raises(Misconfigured) as refusal:
        Settings.load({**FINE, f"IDP_LDAP_{variable}": value})

    (line,) = refusal.value.findings
    assert complaint in line

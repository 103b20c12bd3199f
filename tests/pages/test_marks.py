"""The marks of docs/interface.md section 2, and what no page may hold."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from idp.web import rendering
from tests.support.page import Form
from tests.support.page import Page
from tests.support.samples import FORM_POST
from tests.support.samples import FRAMED
from tests.support.samples import SCREENS
from tests.support.samples import SECRET
from tests.support.screens import LOOK
from tests.support.screens import create_app

Read = Callable[..., Page]

ACTIONS = {
    "password": {"sign-in"},
    "totp": {"switch-user", "sign-in"},
    "backup-code": {"switch-user", "sign-in"},
    "new-password": {"switch-user", "set-password"},
    "enrol": {"switch-user", "register-device"},
    "backup-codes": {"confirm-saved"},
    "notice": {"continue-as"},
    "select-account": {"continue-as", "switch-user"},
    "consent": {"consent"},
    "logout-confirm": {"sign-out"},
    "logged-out": set(),
    "settings": set(),
    "settings-mfa": set(),
    "settings-mfa-off": {"enable-mfa"},
    "settings-mfa-disable": {"disable-mfa"},
    "settings-mfa-disable-required": set(),
    "settings-mfa-regenerate": {"regenerate-codes"},
    "settings-password": {"change-password"},
    "settings-sessions": {"end-session", "end-other-sessions"},
    "settings-applications": {"remove-application"},
    "settings-activity": {"not-me"},
    "admin-home": set(),
    "admin-users": {"search", "require-mfa"},
    "admin-users-require": {"require-mfa"},
    "admin-user-new": {"create-user"},
    "admin-user": {
        *("update-user", "end-session", "end-sessions"),
        *("initial-password", "delete-user"),
    },
    "admin-user-looking": set(),
    "admin-user-mfa-disable": {"update-user"},
    "admin-roles": {"save-role"},
    "admin-roles-one": {"save-role", "delete-role"},
    "admin-roles-built-in": {"save-role"},
    "admin-roles-read": set(),
    "admin-policy": {"save-policy"},
    "admin-applications": {"save-application"},
    "admin-application": {
        *("save-application", "rotate-secret", "remove-secret"),
        *("disable-application", "delete-application"),
    },
    "admin-application-public": {
        *("save-application", "enable-application", "delete-application"),
    },
    "admin-application-made": set(),
    "admin-registrations": {
        *("create-registration-token", "revoke-registration-token"),
    },
    "admin-audit": {"search", "export-audit"},
    "admin-keys": {"rotate-keys", "revoke-key"},
}
# Forms that change nothing: what they ask stands in the address and can be kept.
ASKING = ("search", "require-mfa")
BUTTONS = {
    "password": "Sign In",
    "totp": "Sign In",
    "backup-code": "Sign In",
    "enrol": "Enable Multi-Factor Authentication",
    "backup-codes": "Continue",
    "settings-mfa-off": "Enable Multi-Factor Authentication",
    "settings-mfa-disable": "Disable Multi-Factor Authentication",
    "settings-mfa-regenerate": "Regenerate Backup Codes",
    "notice": "Continue",
    "logout-confirm": "Sign out",
    "admin-user": "Update",
}


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(LOOK, [])


@pytest.fixture
def read(app: Flask) -> Read:
    client = app.test_client()

    def get(name: str, language: str = "en") -> Page:
        answer = client.get(f"/screens/{name}?language={language}")
        assert answer.status_code == 200
        return Page(answer.text)

    return get


def field(form: Form, name: str) -> dict[str, str]:
    """Gives one field of a form."""
    return next(one for one in form.inputs if one.get("name") == name)


@pytest.mark.parametrize("name", [*SCREENS, FORM_POST])
def test_every_page_has_its_frame(read: Read, name: str) -> None:
    page = read(name)
    tags = [element.tag for element in page.elements]

    assert page.mark("data-page")
    assert page.mark("lang") == "en"
    assert tags.count("h1") == tags.count("main") == 1
    assert page.source.count("<title>") == 1
    primary = [c for c in page.marks("class") if "primary" in c.split()]
    assert len(primary) <= 1


@pytest.mark.parametrize("name", [*SCREENS, FORM_POST])
def test_no_page_holds_what_the_policy_forbids(read: Read, name: str) -> None:
    page = read(name)
    source = page.source.replace(FRAMED, "")  # its policy names it

    assert page.marks("style") == []
    assert not re.search(r"<script(?! src=)|<style|javascript:|data:|\son\w+=", source)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', source)
    assert page.marks("maxlength") == []


@pytest.mark.parametrize("name", SCREENS)
def test_every_form_is_marked_and_carries_the_token(read: Read, name: str) -> None:
    """A form that only asks goes into the address, where no token belongs."""
    for form in read(name).forms:
        assert form.name
        posted = form.method == "post"
        assert posted or form.name in ASKING
        assert (("csrf_token", "token") in form.fields) is posted


@pytest.mark.parametrize("name", ACTIONS)
def test_the_forms_are_those_of_the_interface(read: Read, name: str) -> None:
    forms = {form.name for form in read(name).forms}

    framed = {"sign-out"} if name.startswith(("settings", "admin")) else set()
    assert forms == ACTIONS[name] | framed | {"set-language"}


@pytest.mark.parametrize(("name", "words"), BUTTONS.items())
def test_the_button_says_the_word_of_the_interface(
    read: Read, name: str, words: str
) -> None:
    assert f">{words}</button>" in read(name).source


@pytest.mark.parametrize(
    "name", [name for name, page in SCREENS.items() if page.error is not None]
)
def test_an_error_is_an_alert_that_belongs_to_a_field(read: Read, name: str) -> None:
    page = read(name)
    box = next(one for one in page.elements if "data-error" in one.attributes)

    assert box.attributes["role"] == "alert"
    assert box.attributes["data-error"] == SCREENS[name].error.code
    fields = [one for one in page.elements if one.attributes.get("required") == ""]
    described = " ".join(page.marks("aria-describedby"))
    known = getattr(SCREENS[name], "faults", None)
    assert known is not None or not fields or "error" in described
    assert all(f"{fault.field}-error" in described for fault in known or ())
    assert page.text.startswith("Error: ")


def test_the_code_page_has_one_field_that_no_manager_mistakes(read: Read) -> None:
    form = read("totp").form("sign-in")
    code = field(form, "code")
    visible = [one for one in form.inputs if one.get("type") != "hidden"]

    assert [one["name"] for one in visible] == ["code"]
    assert code["type"] == "text"
    assert code["inputmode"] == "numeric"
    assert code["autocomplete"] == "one-time-code"
    assert 'type="password"' not in read("totp").source


def test_a_password_page_names_its_fields_for_managers(read: Read) -> None:
    form = read("password-wrong").form("sign-in")

    assert field(form, "username")["autocomplete"] == "username"
    assert field(form, "username")["value"] == "alice"
    assert field(form, "password")["autocomplete"] == "current-password"
    assert "value" not in field(form, "password")


def test_new_passwords_are_told_from_old_ones(read: Read) -> None:
    form = read("new-password").form("set-password")

    assert field(form, "username")["value"] == "bob"
    assert field(form, "new_password")["autocomplete"] == "new-password"
    assert field(form, "new_password_again")["autocomplete"] == "new-password"


def test_a_backup_code_is_not_filled_in_by_a_manager(read: Read) -> None:
    code = field(read("backup-code").form("sign-in"), "backup_code")

    assert code["autocomplete"] == "off"
    assert code["autocapitalize"] == "none"


def test_the_key_can_be_read_off_the_page(read: Read) -> None:
    page = read("enrol")

    assert page.mark("data-totp-secret") == SECRET
    assert SECRET in page.text.replace(" ", "")
    assert any(href.startswith("otpauth://totp/") for href in page.marks("href"))
    for words in ("Google Authenticator", "FreeOTP", "Register Device", "30 seconds"):
        assert words in page.text


def test_codes_and_keys_are_never_translated(read: Read) -> None:
    assert 'id="secret" translate="no"' in read("enrol").source
    assert 'class="codes" translate="no"' in read("backup-codes").source


def test_backup_codes_are_ten_and_only_on_their_first_page(read: Read) -> None:
    assert len(read("backup-codes").marks("data-backup-code")) == 10
    assert read("backup-codes-later").marks("data-backup-code") == []
    assert read("backup-codes-later").form("confirm-saved")


@pytest.mark.parametrize(
    ("name", "left", "warns"),
    [("notice", "7", False), ("notice-few", "2", True), ("notice-none", "0", True)],
)
def test_the_number_of_codes_left_is_told(
    read: Read, name: str, left: str, warns: bool
) -> None:
    page = read(name)

    assert page.mark("data-backup-codes-remaining") == left
    assert ("box-warning" in page.source) is warns


def test_the_signed_out_page_says_how_each_application_took_it(read: Read) -> None:
    page = read("logged-out")

    assert page.marks("data-client") == ["wiki", "payroll", "news", "rtl"]
    assert page.marks("data-logout") == ["delivered", "failed", "pending"]


def test_coverage_is_a_picture_and_the_same_figures_as_a_table(read: Read) -> None:
    page = read("admin-home")
    svg = next(
        one
        for one in page.elements
        if one.tag == "svg" and one.attributes.get("role") == "img"
    )
    named = svg.attributes["aria-labelledby"].split()

    assert named == ["ring-title", "ring-words"]
    assert set(named) <= set(page.marks("id"))
    assert "on: 240, on, locked: 3, set-up begun: 7, off: 62" in page.text
    assert page.marks("data-mfa-state") == ["enrolled", "locked", "pending", "none"]
    assert page.marks("data-count") == ["2", "23", "3", "9"]


def test_a_person_of_administration_is_marked(read: Read) -> None:
    rows = read("admin-users")
    assert rows.marks("data-username")[:3] == ["root", "mia", "ben"]
    assert rows.marks("data-mfa-state")[:4] == ["enrolled"] * 2 + ["none", "locked"]
    form = read("admin-user").form("update-user")
    names = {one.get("name") for one in form.inputs}
    wanted = {"mfa", "mfa_required", "roles", "active", "reason"}

    assert wanted <= names
    assert "confirm_username" in {
        one.get("name") for one in read("admin-user-locked").form("update-user").inputs
    }


def test_a_first_password_is_shown_on_the_page_that_gives_it_only(read: Read) -> None:
    assert read("admin-user-first-password").mark("data-initial-password")
    assert read("admin-user").mark("data-initial-password") is None


def test_an_application_may_be_called_anything(app: Flask) -> None:
    evil = '"><script>alert(1)</script>'
    page = SCREENS["password-again"]
    with app.test_request_context():
        source = rendering.render(
            type(page)(action="#", application=evil, username=evil, reason="fresh-code")
        )

    assert "<script>alert" not in source


def test_the_application_that_asks_is_named(read: Read) -> None:
    assert "Sign in to continue to Wiki" in read("password").text
    assert "Payroll needs a fresh code." in read("totp-fresh").text

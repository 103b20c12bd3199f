"""Administrators of the journeys: signed in, with the page of somebody open."""

from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.within import Within

USERS = "/admin/users"


def administrator(
    provider: Within, username: str = "root", role: str = "administrator"
) -> Browser:
    """Creates somebody with a role and signs them in."""
    somebody = provider.person(username, "--role", role)
    return somebody.sign_in(provider.browser())


def open_person(browser: Browser, somebody: Person) -> Browser:
    """Goes the way of R7: User Management, Users and Roles, the user."""
    browser.visit("/admin/")
    assert USERS in " ".join(browser.html.marks("href")), browser
    browser.visit(USERS, {"query": somebody.username})
    assert somebody.id in browser.html.marks("data-user-id"), browser
    return browser.visit(f"{USERS}/{somebody.id}")


def chosen(browser: Browser, name: str) -> str | None:
    """Gives the value that a select shows as chosen."""
    inside = False
    for element in browser.html.elements:
        if element.tag == "select":
            inside = element.attributes.get("name") == name
        elif inside and element.tag == "option" and "selected" in element.attributes:
            return element.attributes["value"]
    return None

"""The organisation's policy over the API: shown, changed, previewed."""

from typing import Annotated

from pydantic import Field

from idp.actions import organisation
from idp.rules.permissions import POLICY_READ
from idp.rules.permissions import POLICY_WRITE
from idp.web.api.models import Body
from idp.web.api.models import Patch
from idp.web.api.models import Shown
from idp.web.api.resources import Answer
from idp.web.api.resources import Call
from idp.web.api.resources import Resources
from idp.web.api.words import OneOf

resources = Resources("policy", "The organisation's rules, and what others would mean.")

Mfa = Annotated[str, OneOf(organisation.MFA_WORDS)]


class Policy(Shown):
    """The rules in force."""

    mfa: Mfa
    enrol_during_step_up: bool
    backup_code_warning: int


class PolicyPatch(Patch):
    """What is to be changed; what is left out stays."""

    mfa: Mfa = "required"
    enrol_during_step_up: bool = True
    backup_code_warning: Annotated[int, Field(ge=0, le=organisation.MOST_WARNING)] = 3


class PolicyTrial(Body):
    """Another rule for MFA, to be tried out."""

    mfa: Mfa


class PolicyPreview(Shown):
    """What it would mean for the people whose account is enabled."""

    people: int
    would_enrol: int = Field(description="Have to set MFA up at their next sign-in.")
    administrators: int = Field(description="Those of them with a permission.")
    no_longer_required: int
    sample: list[str] = Field(description="The first who would enrol, by user name.")


def _answer(found: organisation.Policy) -> Answer:
    return Answer(Policy.model_validate(found), version=found.version)


@resources.declare(
    "GET", "/policy", needs=POLICY_READ, summary="Show the rules in force", gives=Policy
)
def show_policy(call: Call[None, None]) -> Answer:
    """Shows the rules in force."""
    return _answer(organisation.show_policy(call.work))


@resources.declare(
    "PATCH",
    "/policy",
    needs=POLICY_WRITE,
    summary="Change rules",
    description=(
        "Codes and tokens given after the answer obey it; living sessions and refresh "
        "tokens follow within a minute."
    ),
    body=PolicyPatch,
    gives=Policy,
    conditional=True,
)
def change_policy(call: Call[None, PolicyPatch]) -> Answer:
    """Changes the rules that are given."""
    changed = organisation.set_policy(
        call.work, **call.body.changes(), version=call.version
    )
    return _answer(changed)


@resources.declare(
    "POST",
    "/policy/preview",
    needs=POLICY_READ,
    summary="Try out another rule for MFA",
    description="Nothing is changed.",
    body=PolicyTrial,
    gives=PolicyPreview,
    writes=False,
)
def preview_policy(call: Call[None, PolicyTrial]) -> Answer:
    """Tells whom another rule for MFA would concern."""
    found = organisation.preview(call.work, mfa=call.body.mfa)
    return Answer(PolicyPreview.model_validate(found))

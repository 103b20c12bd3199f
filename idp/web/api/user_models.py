"""People as the API shows and takes them (``interface.md`` section 4)."""

from typing import Annotated
from typing import Any
from typing import Literal

from pydantic import Field

from idp.web.api.models import Body
from idp.web.api.models import Flag
from idp.web.api.models import Moment
from idp.web.api.models import Page
from idp.web.api.models import Patch
from idp.web.api.models import Query
from idp.web.api.models import Shown

State = Literal["none", "pending", "enrolled", "locked"]
StateAsked = Literal[
    "none", "pending", "enrolled", "locked", "required_not_enrolled", "few_codes"
]
Text = Annotated[str, Field(max_length=1024)]
Profile = Annotated[
    dict[str, Any],
    Field(description="Standard claims of OpenID Connect Core 5.1, by their names."),
]


class Effective(Shown):
    """Whether MFA is required of somebody, and which rules say so."""

    required: bool
    because: list[str] = Field(
        description="`organisation`, `role:<name>`, `user`, `client:<id>`"
    )


class Mfa(Shown):
    """The state of somebody's MFA; `required` is the person's own flag."""

    state: State
    method: Literal["totp"] | None
    enrolled_at: Moment | None
    last_used_at: Moment | None
    backup_codes_remaining: int
    locked_until: Moment | None
    codes_used_until: Moment | None = Field(
        description="Null, but where a clock that was ahead used codes up."
    )
    required: bool
    effective: Effective


class User(Shown):
    """A person; `id` is the `sub` of tokens and is never used again."""

    id: str
    username: str
    email: str | None
    email_verified: bool
    name: str | None
    profile: Profile
    source: str
    active: bool
    roles: list[str]
    mfa: Mfa
    created_at: Moment
    last_login_at: Moment | None


class Users(Shown):
    """A part of the list of people; without a cursor it was the last."""

    items: list[User]
    next_cursor: str | None


class UserFilter(Query):
    """What people have in common."""

    query: (
        Annotated[
            Text,
            Field(
                description="Beginnings of words of user name, name and e-mail address."
            ),
        ]
        | None
    ) = None
    mfa: StateAsked | None = None
    role: Text | None = None
    source: Text | None = None
    active: Flag | None = None


class UserQuery(UserFilter, Page):
    """Which people, and which part of their list."""


class NewUser(Body):
    """A person to be; without a password a one-time one is made."""

    username: Annotated[str, Field(min_length=1, max_length=128)]
    email: Text | None = None
    name: Text | None = None
    profile: Profile = Field(default_factory=dict)
    roles: list[Text] = Field(default_factory=list)
    mfa_required: bool = False
    password: Annotated[str, Field(max_length=1024)] | None = Field(
        default=None, repr=False, description="A lasting one."
    )


class CreatedUser(User):
    """A new person, and the one-time password, which is shown here and never again."""

    initial_password: str | None = Field(
        default=None, repr=False, exclude_if=lambda value: value is None
    )
    expires_at: Moment | None = Field(
        default=None, exclude_if=lambda value: value is None
    )


class UserPatch(Patch):
    """What is to be changed; what is left out stays."""

    email: Text | None = None
    name: Text | None = None
    profile: Profile = Field(default_factory=dict)
    active: bool = True
    roles: list[Text] = Field(default_factory=list)


class InitialPassword(Shown):
    """A one-time password, which is shown here and never again."""

    initial_password: str = Field(repr=False)
    expires_at: Moment


class MfaPatch(Body):
    """Whether MFA is required of this person."""

    required: bool


class MfaDisable(Body):
    """Why somebody's MFA is taken away, for the audit trail and for them."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Session(Shown):
    """A living session of a person; `acr` and `amr` say what it is worth now."""

    sid: str
    created_at: Moment
    last_seen_at: Moment
    source: str
    user_agent: str
    acr: str
    amr: list[str]
    applications: list[str]


class Sessions(Shown):
    """Somebody's living sessions, the latest used first."""

    items: list[Session]


class Requirement(Body):
    """Of whom MFA is required, or not any more: people by id, or by what they share."""

    user_ids: Annotated[list[str], Field(max_length=200)] | None = None
    filter: "SelectionFilter | None" = None
    required: bool
    dry_run: bool = False


class SelectionFilter(Body):
    """What people have in common, in the words of the list's query."""

    query: Text | None = None
    mfa: StateAsked | None = None
    role: Text | None = None
    source: Text | None = None
    active: bool | None = None


class RequirementEffect(Shown):
    """What a requirement changes, or would change."""

    matched: int
    changed: int
    would_enrol: int
    privileged: int
    refused: int = Field(description="People with rights beyond the caller's.")
    sample: list[str] = Field(
        description="First user names of who would enrol, or else of the changed."
    )
    no_longer_required: int = Field(
        description="The changed of whom nothing else requires it."
    )
    refused_sample: list[str] = Field(description="First user names of the refused.")


class Coverage(Shown):
    """How far MFA has come among the people whose account is enabled."""

    people: int
    enrolled: int
    required_not_enrolled: int
    locked: int
    none: int
    pending: int
    administrators: int
    administrators_without_mfa: int
    few_codes: int

"""All resources of the API, and the blueprint that serves them."""

from flask import Blueprint

from idp.web.api import audit
from idp.web.api import clients
from idp.web.api import docs
from idp.web.api import keys
from idp.web.api import policy
from idp.web.api import registrations
from idp.web.api import resources
from idp.web.api import roles
from idp.web.api import user_mfa
from idp.web.api import user_sessions
from idp.web.api import users

MODULES = (
    users,
    user_mfa,
    user_sessions,
    roles,
    clients,
    registrations,
    policy,
    audit,
    keys,
)

SUBJECTS = tuple(module.resources for module in MODULES)

blueprint = Blueprint("api", __name__)

for subject in SUBJECTS:
    resources.mount(blueprint, subject)
docs.add_to(blueprint, SUBJECTS)

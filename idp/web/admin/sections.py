"""Which modules make up administration, in the order of its navigation."""

from idp.web.admin import application
from idp.web.admin import applications
from idp.web.admin import audit
from idp.web.admin import home
from idp.web.admin import keys
from idp.web.admin import new_user
from idp.web.admin import policy
from idp.web.admin import registrations
from idp.web.admin import roles
from idp.web.admin import user
from idp.web.admin import user_acts
from idp.web.admin import users
from idp.web.admin import users_mfa

MODULES = (
    *(home, users, users_mfa, new_user, user, user_acts),
    *(roles, policy, applications, application, registrations, audit, keys),
)

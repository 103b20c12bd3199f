"""Which modules make up administration, in the order of its navigation."""

from idp.web.admin import application
from idp.web.admin import applications
from idp.web.admin import audit
from idp.web.admin import home
from idp.web.admin import keys
from idp.web.admin import policy
from idp.web.admin import roles

MODULES = (home, roles, policy, applications, application, audit, keys)

"""Which modules make up administration, in the order of its navigation."""

from idp.web.admin import home

MODULES = (home,)

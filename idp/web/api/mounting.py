"""All resources of the API, and the blueprint that serves them."""

from flask import Blueprint

from idp.web.api import resources
from idp.web.api import users

MODULES = (users,)

blueprint = Blueprint("api", __name__)

for module in MODULES:
    resources.mount(blueprint, module.resources)

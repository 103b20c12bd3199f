"""Ostiary, an OpenID Connect provider that proves both factors.

rules     decide      pure functions of values: who must prove what, what was proved
store     remembers   tables and statements; every single-use thing is one statement
actions   act         one function = one thing that can happen, committed on return
oidc      speaks      OpenID Connect on the wire, on top of Authlib
web       shows       pages and JSON: reads a form, calls one action, shows the answer
cli       operates    the same actions from a terminal

Imports run one way only: ``web, cli -> oidc -> actions -> store -> rules``.  This
module imports nothing, so that importing one rule does not load the web.
"""

__version__ = "0.1.0"

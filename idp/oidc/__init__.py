"""Speaks: OpenID Connect on the wire, a thin layer over Authlib."""

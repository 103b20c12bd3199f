"""Clients that others wrote, against a provider that runs as its own process.

None of them has a special case in the provider. What each needs from it is told in
their own manuals; a test here says which need it covers.
"""

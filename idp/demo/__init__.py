"""`idp demo`: a provider, two applications and an API, to look at or to walk through.

A customer like any other: talks to the provider over HTTP and by the command line only,
so nothing here may import the inside of `idp`.
"""

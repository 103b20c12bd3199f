"""Several hosts: the real programs in front of the provider and behind it.

Each is configured by the sample that `docs/operations` gives to operators, with other
addresses.
"""

"""Replays what the OpenID Foundation's suite sends, module by module."""

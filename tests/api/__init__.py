"""The administration API, from outside: over HTTP, with tokens like anybody's."""

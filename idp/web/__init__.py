"""Shows: pages and JSON; a view reads a form, calls one action, answers."""

"""The pages of administration, one module a noun; they share ``gate`` and ``frame``."""

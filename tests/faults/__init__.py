"""Faults on purpose: databases, Valkey, clocks, killed workers, restored backups."""

"""The administration API: JSON over ``/api/v1`` (``interface.md`` section 4)."""

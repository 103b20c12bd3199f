"""Acts: one function is one thing that can happen, committed on return."""

"""What can happen, on a real database under a clock in the test's hand; no HTTP."""

"""The pages of the sign-in family, in a real browser and as text."""

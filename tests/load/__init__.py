"""Many people at once, and for long: whole journeys, and what they leave behind."""

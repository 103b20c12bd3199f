"""Stories of people and applications, told through the front door."""

"""What somebody tries who should not get in; one file for each section of the cases."""

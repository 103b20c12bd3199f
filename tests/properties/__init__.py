"""What no sequence of events may lead to, played through at random."""

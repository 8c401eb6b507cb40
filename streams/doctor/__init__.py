"""What could keep microseg from working here: each check says what it found and, where it is not good, what to do."""

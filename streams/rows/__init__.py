"""What we remember: packed rows of facts and the dictionary of names."""

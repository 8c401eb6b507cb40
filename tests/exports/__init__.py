"""Rules in the words of other systems."""

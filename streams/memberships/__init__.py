"""What we publish: change records and explanations."""

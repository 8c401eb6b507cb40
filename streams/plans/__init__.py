"""What a rule folder would change for live customers: as JSON, as a table and as plain text."""

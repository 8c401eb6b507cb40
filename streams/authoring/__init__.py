"""What authors of rules are helped with: examples, mutants, the schema for editors, the formatter."""

"""Content: what each segment reads. One template, texts that a person approved, and products."""

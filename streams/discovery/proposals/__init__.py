"""Proposals as rule files: words where no model gave any, headers, generated examples, and what is there already."""

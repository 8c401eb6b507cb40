"""Simulated trials by the thousand, clean and planted weeks, and one real trial."""

"""What is a platform's own: which calls tell it of customers, and what its answers mean."""

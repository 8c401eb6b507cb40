"""What mail has come to: from the facts of one customer to touches, conversions and sums. Pure."""

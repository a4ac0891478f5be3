"""What Train shows."""

"""What Generate shows."""

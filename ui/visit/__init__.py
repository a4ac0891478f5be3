"""What one visitor has, for as long as the visit lasts."""

"""What Denoise shows."""

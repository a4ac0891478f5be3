"""What Reconstruct shows."""

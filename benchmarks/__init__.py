"""Scripts that measure the speed, memory and quality that the documentation quotes."""

"""How good a codec is, on held-out items."""

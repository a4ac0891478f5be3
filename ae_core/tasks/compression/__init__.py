"""Compression: codes that are really quantised, entropy-coded and written to a file, beside PCA and image formats."""

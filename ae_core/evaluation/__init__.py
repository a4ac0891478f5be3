"""Measures of a trained Codec."""

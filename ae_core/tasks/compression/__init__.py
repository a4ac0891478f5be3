"""Compression: codes are quantised, entropy-coded and written to files, and each file's bytes are counted.

``coder`` fits on training images how a run's codes are best turned and how they are spread; ``quantise`` rounds them to
whole numbers; ``entropy`` writes these as bytes; ``container`` puts a header before them; ``formats`` does with Pillow
what one would use instead.
"""

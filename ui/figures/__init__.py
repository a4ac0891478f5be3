"""Figures: strips of images, charts, tables, latent planes and training films."""

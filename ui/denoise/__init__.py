"""The parts of the Denoise page: images with noise or painted damage, and their repairs."""

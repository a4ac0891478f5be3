"""The parts of the Reconstruct page: images and their errors."""

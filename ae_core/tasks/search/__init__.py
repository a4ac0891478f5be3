"""Search: the training images that are nearest to an image, by its code, its pixels, its principal components, 32 bits."""

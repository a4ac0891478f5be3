"""Read noisy images with a small classifier, and what a denoiser, PCA and a median filter made of them."""

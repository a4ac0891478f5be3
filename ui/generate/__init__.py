"""The parts of the Generate page: samples, the latent space, and interpolations."""

"""What a run depends on: its settings, what goes together, the kinds of autoencoder, the tutorials' models."""

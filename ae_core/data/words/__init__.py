"""Documents as word counts: how words are counted, and the two collections that the lab knows."""

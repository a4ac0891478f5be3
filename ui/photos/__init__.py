"""The page Photos: a picture, what is done with it, and how it is shown."""

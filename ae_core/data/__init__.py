"""Data sets: what an item of each is, and how it is read or drawn."""

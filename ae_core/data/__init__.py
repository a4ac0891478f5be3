"""Data sets, how they are fetched and read, visitors' pictures, and what is done to items before a network sees them."""

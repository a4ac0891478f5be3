"""The figure of the Home page."""

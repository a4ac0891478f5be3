"""Widgets that pages share: picture input, expander, data set download."""

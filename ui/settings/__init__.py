"""The settings on the Train page: the draft Config and its widgets."""

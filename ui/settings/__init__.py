"""The draft Config and its knobs."""

"""The machine learning of the Autoencoder Lab. Never imports streamlit; usable from a notebook or a shell.

Read in the order in which the data flows:
``config`` -> ``datasets`` -> ``corruption`` -> ``models`` -> ``objectives`` -> ``training`` -> ``metrics``
-> ``checkpoint``, with ``baselines`` beside ``models`` and ``jobs`` on top.
"""

__version__ = "0.1.0"

"""The machine learning of the Autoencoder Lab. Never imports streamlit; usable from a notebook or a shell.

Read the folders in the order in which they import each other: ``data``, ``config``, ``models``, ``training``,
``evaluation``, ``runs``, ``tasks``, ``jobs``, ``export``, ``classroom``.
"""

__version__ = "0.1.0"

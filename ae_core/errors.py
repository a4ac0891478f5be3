"""The base of every error a visitor may meet."""


class LabError(Exception):
    """An error that a visitor can act on.

    Its message is one or more whole sentences that say what happened and what to do about it.
    """

"""Training on behalf of visitors: bounded, queued, supervised, and never in the web process.

``manager`` is what a page talks to. It holds a ``queue`` (of ``job`` and ``batch``; pure data), which says whose turn
it is, and a ``dispatcher``, which knows Dask and gives jobs to the workers; ``messages`` come back. ``worker`` is what
runs there; ``cluster`` starts the workers when nobody else did; ``store`` keeps finished runs; ``limits`` says what is
too much.

What visitors wait for in front of the page goes beside all that, through a lane with a worker of its own: ``pieces`` is
the queue of it, and ``lane`` takes them from there to the dispatcher.

Nothing is imported here: the cluster's own process needs none of the rest.
"""

"""Training on behalf of visitors: bounded, queued, supervised, and never in the web process.

``manager`` is what a page talks to; ``work`` is what runs in a worker; ``cluster`` starts the workers when nobody
else did; ``store`` keeps finished runs; ``limits`` says what is too much.

Nothing is imported here: the cluster's own process needs none of the rest.
"""

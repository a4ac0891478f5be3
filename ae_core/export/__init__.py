"""What a visitor takes home of a run: a script and a notebook that repeat it, its decoder, its figures and its numbers.

``recipe`` says in plain PyTorch what a Config does, section by section; ``script`` and ``notebook`` write it down.
"""

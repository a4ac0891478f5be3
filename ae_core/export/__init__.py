"""What a visitor takes home of a run: a script and a notebook that repeat it, its decoder, its figures and its numbers.

``recipe`` says in plain PyTorch what a Config does, section by section, by a template that reads like the script itself;
``script`` and ``notebook`` write it down.
"""

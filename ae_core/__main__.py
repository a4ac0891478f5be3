"""Run the lab from a shell as ``python -m ae_core``: see :mod:`ae_core.cli`."""

import sys

from ae_core.cli import main

if __name__ == "__main__":
    sys.exit(main())

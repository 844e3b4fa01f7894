"""``python -m solver``: the same as the ``solve`` command."""

import sys

from solver.cli import main

if __name__ == "__main__":
    sys.exit(main())

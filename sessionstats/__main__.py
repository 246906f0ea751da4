"""``python -m sessionstats``: the command line."""

import sys

from sessionstats.cli import main

if __name__ == "__main__":
    sys.exit(main())

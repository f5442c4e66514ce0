"""python -m core COMMAND: the commands stand in core/commands.py."""

import sys

from core.commands import main

if __name__ == "__main__":
    sys.exit(main())

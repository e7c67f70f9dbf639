"""The command line: parse, call, show. Nothing is decided here.

Exit codes: 0 fine, 1 the answer is no (or a notebook failed), 2 wrong use, 3 the store has a problem,
70 a bug in nbtrack itself.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line on ``arguments`` (default: the process's own) and end the process."""
    from nbtrack.cli.program import run

    sys.exit(run(arguments))

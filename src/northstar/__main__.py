"""The command `ns`, also as `python -m northstar`."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run `ns`. Ctrl-C is one line at any moment, also while modules are imported and once all is done."""
    try:
        if shell := os.environ.get("_NS_COMPLETE"):  # TAB was pressed
            from northstar.cli.completion.answer import answer

            return answer(shell)
        from northstar.cli.app import main as run

        run()
    except KeyboardInterrupt:
        print("stopped.", file=sys.stderr)
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    main()

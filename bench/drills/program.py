"""How the programs of this folder exit: with an exit code, and with no process left running."""

import signal
import sys

from .cluster import DrillError, MissingTool


def run(name, work):
    """The exit code of `work`: its own, or 1 if it failed, 2 if a tool is missing, 130 on Ctrl-C."""
    # However the program is terminated, it stops what it has started.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    try:
        return work()
    except MissingTool as missing:
        print(f"{name}: {missing}", file=sys.stderr)
        return 2
    except DrillError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130

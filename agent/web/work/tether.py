"""Ties a process to the one that started it: when that one is gone, this one stops in order.

The tie is standard input: whoever started the process holds the other end and never writes.
"""

import os
import signal
import threading


def end_with_parent() -> None:
    """From now on the end of standard input means SIGTERM, as a stop by the user does."""
    threading.Thread(target=_wait, daemon=True).start()


def _wait() -> None:
    # Not through sys.stdin, whose lock a waiting thread would hold when Python ends.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)

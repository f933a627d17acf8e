"""Runs `sevenstep ARGS` in processes of their own that need not start first.

A start costs two seconds of a core, most of them for imports. Here one process has all that behind
it and forks for each command, which then lives and dies as any other. What a start itself must do
is tested with `tests.cli_support.COMMAND`.
"""

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_WARM = "tests.warm"
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([_WARM])


def forked(*args: object, end: int, env: Mapping[str, str] = os.environ) -> BaseProcess:
    """Start `sevenstep ARGS`, which writes to the open file of the number `end`.

    Where that is a terminal it is the command's own, for input too; else nothing is piped to it.
    """
    passed = Connection(os.dup(end))
    work = (list(map(str, args)), dict(env), passed)
    process = _CONTEXT.Process(target=_command, args=work, daemon=True)
    with contextlib.chdir(_ROOT), passed:  # the process that forks starts with the first command
        process.start()
    return process


def _command(args: list[str], env: Mapping[str, str], end: Connection) -> None:
    if _WARM not in sys.modules:
        raise RuntimeError(f"{_WARM} could not be loaded before the fork")
    from agent.cli.app import main

    os.environ.clear()
    os.environ.update(env)
    if os.isatty(end.fileno()):
        os.login_tty(os.dup(end.fileno()))
    else:
        os.dup2(end.fileno(), 1)
        os.dup2(end.fileno(), 2)
    end.close()
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
        for number, mode in enumerate("rww")
    )
    sys.argv = ["sevenstep", *args]
    main()

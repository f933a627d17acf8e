"""Shows how far self-play is: a bar in a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from agent.report.words import plain
from evals.selfplay.play import Progress as Counts

_SECONDS = 10.0


@contextmanager
def progress() -> Iterator[Callable[[Counts], None]]:
    """What is to be told how far the interviews are."""
    console = Console(stderr=True, highlight=False, emoji=False)
    if console.is_terminal:
        columns = (TextColumn("Interviews"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(
            *columns, TextColumn("{task.fields[last]}"), console=console, transient=True
        ) as bar:
            task = bar.add_task("", total=None, last="")
            yield lambda counts: bar.update(
                task, completed=counts.done, total=counts.total, last=plain(counts.last)
            )
        return
    last = time.monotonic()

    def told(counts: Counts) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS:
            last = time.monotonic()
            console.print(f"{counts.done} of {counts.total} interviews played", soft_wrap=True)

    yield told

"""What tests of work behind the browser share: uploads, a worker without models, a way to look."""

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from agent.web.work.desk import Desk
from agent.web.work.jobs import Jobs
from agent.web.work.orders import GradingOrder
from agent.web.work.records import R, WorkState

WORKER = """\
import json, os, signal, sys
from pathlib import Path
mode, folder = sys.argv[1], Path(sys.argv[2])
orders = json.loads((folder / "order.json").read_text())["prompt"] or ""
def say(**message):
    os.write(1, (json.dumps(message) + "\\n").encode())
progress = {"total": 4, "done": 1}
outcome = dict(answers=4, graded=4, partly=0, ungraded=0, mean_percent=50, flagged=0, reviewed=0)
def done(stopped):
    say(type="done", stopped=stopped, over_budget=False, progress=progress, outcome=outcome)
    os._exit(0)
signal.signal(signal.SIGTERM, lambda *_: done("interrupted"))
if mode in orders.split():
    say(type="error", message="tcp.yaml: is wrong; mend it")
    sys.exit(2)
if mode == "estimate":
    say(type="estimate", models=["offline"], files=1, answers=4)
    sys.exit(0)
say(type="progress", **progress)
if "die" in orders:
    sys.stderr.write("MemoryError\\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)
if "hold" in orders and not (folder / "go").exists():
    while os.read(0, 1):
        pass
    done("interrupted")
done(None)
"""
"""Does what the order's prompt says: `run` (or `estimate`) fails, `die`, `hold` until stopped."""


def jobs(folder: Path, **options: object) -> Jobs:
    """Jobs whose worker starts in no time and grades nothing."""
    worker = (sys.executable, "-S", "-E", "-c", WORKER)
    return Jobs(folder, **{"worker": worker, **options})  # type: ignore[arg-type]


async def chunks(content: str | bytes) -> AsyncIterator[bytes]:
    """An upload that comes in one piece."""
    yield content.encode() if isinstance(content, str) else content


async def ready(desk: Jobs, what: str = "", owner: str = "") -> str:
    """The id of an estimated job whose worker does what is said."""
    job_id = desk.create(owner)
    await desk.upload(owner, job_id, "a.md", chunks("Slow start doubles."))
    order = GradingOrder(prompt=what or None, rubric="tcp")
    desk.estimate(owner, job_id, order)
    assert (await desk.settled(owner, job_id)).state is WorkState.ready
    return job_id


async def until(desk: Desk[R], owner: str, work_id: str, holds: Callable[[R], bool]) -> R:
    """Wait until this holds for a piece of work; how it stands then."""
    import asyncio

    changed = asyncio.Event()
    no_more = desk.listen(owner, work_id, lambda _: changed.set())
    while not holds(found := desk.get(owner, work_id)):
        await changed.wait()
        changed.clear()
    no_more()
    return found

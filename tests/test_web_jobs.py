"""Grading jobs behind the browser: each owner's own, run in turn, stopped, read and reviewed."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.batch.review import Judgement
from agent.errors import InputError, StoreError
from agent.web.work import worker
from agent.web.work.jobs import GradingJob, Jobs
from agent.web.work.messages import Message, Progressed
from agent.web.work.orders import ORDER as ORDER_FILE
from agent.web.work.orders import GradingOrder, batch_order, grading_order
from agent.web.work.records import WorkState
from agent.web.work.uploads import Quota
from agent.web.work.wording import on_the_page
from agent.web.work.worker import Paced
from tests.grading_support import RUBRIC
from tests.inputs_support import put
from tests.web_work_support import chunks, jobs, ready, until

ANSWERS = """\
id,essay,note
Ann,"Slow start doubles cwnd. Congestion avoidance grows by one.",x
Örs,"<script>alert(1)</script> It grows by one.",y
ben,,z
"""
ORDER = GradingOrder(rubric="tcp.yaml", columns={"answer": "essay"})


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of jobs and the id of one that was graded, without a process of its own."""
    folder = tmp_path_factory.mktemp("jobs")
    job_id = asyncio.run(uploaded(Jobs(folder)))
    (home,) = folder.glob("*/*")
    put(home / ORDER_FILE, ORDER.model_dump_json())
    with contextlib.chdir(home / "files"):
        worker.run(lambda _: None)
    return folder, job_id


async def uploaded(desk: Jobs) -> str:
    """The id of Ann's new job with answers and a rubric."""
    job_id = desk.create("ann", "Congestion")
    await desk.upload("ann", job_id, "answers.csv", chunks(ANSWERS))
    await desk.upload("ann", job_id, "tcp.yaml", chunks(RUBRIC))
    return job_id


def test_the_worker_takes_a_job_from_its_files_to_reviewed_results(tmp_path: Path) -> None:
    async def go() -> None:
        desk = Jobs(tmp_path)
        job_id = await uploaded(desk)
        desk.estimate("ann", job_id, ORDER)
        ready = await desk.settled("ann", job_id)
        assert ready.state is WorkState.ready, ready.message
        assert ready.estimate is not None
        assert (ready.estimate.answers, ready.estimate.empty, ready.estimate.calls) == (3, 1, 0)
        assert ready.estimate.ignored == {"answers.csv": ("note",)}
        desk.start("ann", job_id)
        done = await desk.settled("ann", job_id)
        assert (done.state, done.message) == (WorkState.done, "")
        assert done.progress is not None
        assert (done.progress.total, done.progress.done) == (3, 3)
        found = desk.downloads("ann", job_id)
        assert found == ("grades.jsonl", "grades.csv", "report.html")

        said = Judgement("avoidance", 2, "In other words.", "Ann")
        after = await desk.review("ann", job_id, "Örs", said)
        assert after.scorecard.criteria[1].level == 2
        assert "In other words." in desk.output("ann", job_id, "report.html").read_text()
        assert "calibration.jsonl" in desk.downloads("ann", job_id)
        outcome = desk.get("ann", job_id).outcome
        assert outcome is not None
        assert (outcome.graded, outcome.reviewed) == (3, 1)

    asyncio.run(go())


def test_results_come_in_pages_and_by_name_and_status(graded: tuple[Path, str]) -> None:
    desk = Jobs(graded[0])

    def ids(**asked: object) -> tuple[int, list[str]]:
        found = asyncio.run(desk.results("ann", graded[1], **asked))  # type: ignore[arg-type]
        return found.total, [row.id for row in found.rows]

    assert ids(limit=2) == (3, ["Ann", "Örs"])
    assert ids(offset=2, limit=2) == (3, ["ben"])
    assert ids(named="ö") == (1, ["Örs"])
    assert ids(named="N", limit=1, offset=1) == (2, ["ben"])
    assert ids(status="ungraded") == (0, [])
    assert ids(named="' OR 1=1 --") == (0, [])


def test_a_row_has_the_levels_of_an_answer(graded: tuple[Path, str]) -> None:
    found = asyncio.run(Jobs(graded[0]).results("ann", graded[1], named="ben"))
    (row,) = found.rows
    assert [(one.criterion, one.level) for one in row.levels] == [
        ("slow_start", 0),
        ("avoidance", 0),
    ]
    assert (row.percent, row.points, row.reviewed) == (0.0, 0.0, False)
    assert row.source.startswith("answers.csv, row 4")
    assert found.counts.graded == 3


def test_the_page_of_an_answer_shows_markup_as_text(graded: tuple[Path, str]) -> None:
    page = asyncio.run(Jobs(graded[0]).answer_page("ann", graded[1], "Örs"))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


LONG = f"answers/{300 * 'a'}.html"


def test_nothing_but_results_is_given_out(graded: tuple[Path, str]) -> None:
    desk = Jobs(graded[0])
    assert desk.output("ann", graded[1], "report.html").is_file()
    linked = next((graded[0]).glob("*/*/out/answers/*.html"))
    assert desk.output("ann", graded[1], f"answers/{linked.name}") == linked.resolve()
    for name in (
        "ledger.db",
        "../job.json",
        "answers/../../order.json",
        "/etc/passwd",
        "a\0b",
        "",
        LONG,
    ):
        with pytest.raises(InputError, match="there is no result"):
            desk.output("ann", graded[1], name)


@pytest.mark.parametrize(
    ("answer", "said", "told"),
    [
        ("Örs", Judgement("avoidance", 2, " ", "Ann"), "needs a reason"),
        ("Örs", Judgement("avoidence", 2, "So.", "Ann"), "did you mean 'avoidance'"),
        ("Örs", Judgement("avoidance", 3, "So.", "Ann"), "has the levels 0 to 2"),
        ("zoe", Judgement("avoidance", 2, "So.", "Ann"), "no graded answer 'zoe'"),
    ],
)
def test_a_review_that_does_not_fit_is_refused(
    graded: tuple[Path, str], answer: str, said: Judgement, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        asyncio.run(Jobs(graded[0]).review("ann", graded[1], answer, said))


def test_a_fault_in_a_file_names_it_as_it_was_uploaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = GradingOrder(rubric="tcp.yaml")
    put(tmp_path / ORDER_FILE, order.model_dump_json())
    put(tmp_path / "files" / "tcp.yaml", RUBRIC)
    put(tmp_path / "files" / "answers.csv", ANSWERS)
    monkeypatch.chdir(tmp_path / "files")
    with pytest.raises(InputError) as caught:
        worker.estimate(lambda _: None)
    assert str(caught.value).startswith("answers.csv: ")


def test_a_run_goes_on_when_nobody_reads_its_messages_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / ORDER_FILE, ORDER.model_dump_json())
    put(tmp_path / "files" / "tcp.yaml", RUBRIC)
    put(tmp_path / "files" / "answers.csv", ANSWERS)
    reading, writing = os.pipe()
    os.close(reading)
    monkeypatch.setattr(worker, "_own_output", lambda: writing)
    monkeypatch.setattr(worker, "end_with_parent", lambda: None)
    with contextlib.chdir(tmp_path):
        assert worker.main("run", str(tmp_path)) == 0
    os.close(writing)
    assert len((tmp_path / "out" / "grades.jsonl").read_text().splitlines()) == 3


def test_a_job_of_somebody_else_is_unknown(tmp_path: Path) -> None:
    desk = jobs(tmp_path)
    job_id = desk.create("ann")
    assert [one.id for one in desk.list("ann")] == [job_id]
    assert desk.list("ben") == ()
    for owner, name in (("ben", job_id), ("ann", f"../{job_id}"), ("ann", "x"), ("ann", "")):
        with pytest.raises(InputError, match="there is no job"):
            desk.get(owner, name)


def test_owners_may_be_called_anything(tmp_path: Path) -> None:
    desk = jobs(tmp_path / "jobs")
    for owner in ("", "..", "a/b", "A", "a", "ö" * 300):
        desk.create(owner)
        assert len(desk.list(owner)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["jobs"]


def test_an_owner_has_so_many_jobs_and_no_more(tmp_path: Path) -> None:
    desk = jobs(tmp_path, quota=Quota(owner_jobs=1))
    desk.create("ann")
    desk.create("ben")
    with pytest.raises(InputError, match="delete one"):
        desk.create("ann")


def test_one_job_runs_and_the_others_wait_in_order(tmp_path: Path) -> None:
    async def go() -> None:
        desk = jobs(tmp_path)
        names = [await ready(desk, "hold"), await ready(desk, "hold", "ben"), await ready(desk)]
        owners = ("", "ben", "")
        for owner, name in zip(owners, names, strict=True):
            desk.start(owner, name)
        await until(desk, "", names[0], lambda one: one.progress is not None)
        assert desk.get("ben", names[1]).state is WorkState.waiting
        desk.stop("ben", names[1])
        assert desk.get("ben", names[1]).state is WorkState.stopped
        assert desk.get("", names[2]).state is WorkState.waiting
        desk.stop("", names[0])
        assert (await desk.settled("", names[0])).state is WorkState.stopped
        assert (await desk.settled("", names[2])).state is WorkState.done

    asyncio.run(go())


def test_a_stopped_job_keeps_what_it_has_and_goes_on(tmp_path: Path) -> None:
    async def go() -> None:
        desk = jobs(tmp_path)
        job_id = await ready(desk, "hold")
        desk.start("", job_id)
        await until(desk, "", job_id, lambda one: one.progress is not None)
        with pytest.raises(InputError, match="is at work"):
            await desk.upload("", job_id, "b.md", chunks("x"))
        with pytest.raises(InputError, match="is at work"):
            desk.start("", job_id)
        desk.stop("", job_id)
        assert desk.get("", job_id).message.startswith("stopping")
        stopped = await desk.settled("", job_id)
        assert stopped.progress is not None
        assert (stopped.state, stopped.progress.done) == (WorkState.stopped, 1)
        next(tmp_path.glob(f"*/{job_id}")).joinpath("go").touch()
        desk.start("", job_id)
        assert (await desk.settled("", job_id)).state is WorkState.done
        with pytest.raises(InputError, match="nothing to stop"):
            desk.stop("", job_id)

    asyncio.run(go())


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("run", "tcp.yaml: is wrong; mend it"),
        ("die", "ended before its time (signal 9); its last words: MemoryError"),
    ],
)
def test_a_run_that_fails_says_why(tmp_path: Path, what: str, told: str) -> None:
    async def go() -> GradingJob:
        desk = jobs(tmp_path)
        job_id = await ready(desk, what)
        desk.start("", job_id)
        return await desk.settled("", job_id)

    failed = asyncio.run(go())
    assert failed.state is WorkState.failed
    assert told in failed.message


def test_a_worker_that_cannot_be_started_fails_its_job(tmp_path: Path) -> None:
    async def go() -> GradingJob:
        desk = jobs(tmp_path, worker=("/no/such/program",))
        job_id = desk.create("")
        await desk.upload("", job_id, "a.md", chunks("x"))
        desk.estimate("", job_id, GradingOrder())
        return await desk.settled("", job_id)

    assert asyncio.run(go()).state is WorkState.failed


def test_listeners_are_told_of_each_change_and_a_broken_one_ends_nothing(tmp_path: Path) -> None:
    told: list[str] = []

    def broken(_: GradingJob) -> None:
        raise RuntimeError("the page is gone")

    async def go() -> None:
        desk = jobs(tmp_path)
        job_id = await ready(desk)
        desk.listen("", job_id, broken)
        no_more = desk.listen("", job_id, lambda one: told.append(one.state))
        desk.start("", job_id)
        await desk.settled("", job_id)
        no_more()
        desk.start("", job_id)
        await desk.settled("", job_id)

    asyncio.run(go())
    assert told == ["waiting", "running", "running", "done"]


def test_a_new_server_takes_up_what_was_at_work(tmp_path: Path) -> None:
    async def first() -> list[str]:
        desk = jobs(tmp_path)
        names = [await ready(desk, "hold"), await ready(desk), await ready(desk)]
        for name in names[:2]:
            desk.start("", name)
        await until(desk, "", names[0], lambda one: one.progress is not None)
        await desk.close()
        return names

    async def second(names: list[str]) -> list[WorkState]:
        desk = jobs(tmp_path)
        before = [desk.get("", name).state for name in names]
        assert before == [WorkState.running, WorkState.waiting, WorkState.ready]
        next(tmp_path.glob(f"*/{names[0]}")).joinpath("go").touch()
        assert desk.resume_all() == 2
        return [(await desk.settled("", name)).state for name in names]

    names = asyncio.run(first())
    assert asyncio.run(second(names)) == [WorkState.done, WorkState.done, WorkState.ready]


def test_a_record_that_cannot_be_read_hides_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = jobs(tmp_path)
    broken, whole = desk.create(""), desk.create("")
    next(tmp_path.glob(f"*/{broken}/job.json")).write_text("{")
    assert [one.id for one in desk.list("")] == [whole]
    assert "cannot be read by this version" in caplog.text
    with pytest.raises(StoreError, match="cannot be read"):
        desk.get("", broken)


def test_a_deleted_job_leaves_nothing_even_while_it_runs(tmp_path: Path) -> None:
    async def go() -> None:
        desk = jobs(tmp_path)
        job_id = await ready(desk, "hold")
        desk.start("", job_id)
        await until(desk, "", job_id, lambda one: one.progress is not None)
        await desk.delete("", job_id)
        assert desk.list("") == ()
        assert list(tmp_path.glob("*/*")) == []

    asyncio.run(go())


def test_another_file_makes_an_estimate_void(tmp_path: Path) -> None:
    async def go() -> None:
        desk = jobs(tmp_path)
        job_id = await ready(desk)
        await desk.upload("", job_id, "b.md", chunks("x"))
        assert desk.get("", job_id).files == 2
        with pytest.raises(InputError, match="have it estimated first"):
            desk.start("", job_id)
        desk.remove_file("", job_id, "b.md")
        assert [one.name for one in desk.files("", job_id)] == ["a.md"]

    asyncio.run(go())


def test_an_order_must_fit_the_files_and_the_server(tmp_path: Path) -> None:
    async def go() -> None:
        desk = jobs(tmp_path, servers=("http://127.0.0.1:8000/v1",))
        job_id = desk.create("")
        with pytest.raises(InputError, match="upload answers first"):
            desk.estimate("", job_id, GradingOrder())
        with pytest.raises(InputError, match=r"tcp\.yaml is not among the uploaded files"):
            desk.estimate("", job_id, ORDER)
        with pytest.raises(InputError, match="may not be asked from here"):
            desk.estimate("", job_id, GradingOrder(models=("x",), base_url="http://evil.test/v1"))

    asyncio.run(go())


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"rubric": "../../other/rubric.yaml"}, "order: rubric: '../../other/rubric.yaml' is no"),
        ({"scenario": "/etc/x.yaml"}, "order: scenario: "),
        ({"samples": 3}, "several samples need a model"),
        ({"models": ["a", "a"]}, "a panel needs different models"),
        ({"max_cost": 0}, "order: max_cost: 0 is not accepted"),
        ({"columns": {"essay": "x"}}, "'essay' is no field; known are id, answer"),
        ({"base_url": "file:///etc/passwd"}, "must begin with http"),
        ({"modles": ["a"]}, "order: modles: this key is not known"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(raw: dict[str, object], told: str) -> None:
    with pytest.raises(InputError) as caught:
        grading_order(raw)
    assert told in str(caught.value)


def test_an_own_rubric_holds_no_answers() -> None:
    order = batch_order(ORDER, ["tcp.yaml", "b.csv", "a.md"], Path("out"))
    assert order.paths == (Path("a.md"), Path("b.csv"))


def test_progress_is_told_now_and_then_and_at_last() -> None:
    told: list[Message] = []
    clock = iter([0.0, 0.1, 0.19, 0.2, 0.3])
    paced = Paced(told.append, lambda: next(clock))
    steps = [Progressed(total=9, done=number) for number in range(5)]
    for one in steps:
        paced.progress(one)
    assert told == [steps[0], steps[3]]
    paced.last()
    paced.last()
    assert told == [steps[0], steps[3], steps[4]]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            "did you mean --column answer='my essay'?",
            "did you mean the column 'my essay' for answer?",
        ),
        (
            "with --column answer=NAME",
            "with “Column for answer” under “Reference answer and names of columns”",
        ),
        ("its own id, or name the folder above files of the same name", "its own id"),
        ("--max-cost 2.5 is reached", "the limit of $2.5 is reached"),
        ("take --model offline", "take the offline engine"),
        ("interrupted", "stopped by you"),
    ],
)
def test_messages_speak_of_the_page_and_not_of_options(told: str, shown: str) -> None:
    assert on_the_page(told) == shown


def test_a_process_ends_when_its_server_is_gone() -> None:
    program = (
        "import signal; from agent.web.work.tether import end_with_parent; end_with_parent(); "
        "print(flush=True); signal.pause()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.communicate()  # closes its standard input
    assert process.returncode == -15


def test_files_on_their_way_are_limited(tmp_path: Path) -> None:
    async def story() -> None:
        desk = jobs(tmp_path, quota=Quota(at_once=1))
        job_id = desk.create("")
        go_on = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            await go_on.wait()
            yield b"x"

        first = asyncio.create_task(desk.upload("", job_id, "a.md", slow()))
        await asyncio.sleep(0)
        with pytest.raises(InputError, match="on their way"):
            await desk.upload("", job_id, "b.md", chunks("x"))
        go_on.set()
        await first
        await desk.upload("", job_id, "b.md", chunks("x"))

    asyncio.run(story())

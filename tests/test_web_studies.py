"""Studies behind the browser: the command's options, its end in words, and whose files it reads."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import InputError
from agent.web.work.records import WorkState
from agent.web.work.studies import (
    Studies,
    Study,
    StudyOrder,
    arguments,
    require_own_files,
    study_order,
)
from tests.eval_support import dataset
from tests.inputs_support import put
from tests.web_work_support import chunks, until

COMMAND = """\
import os, signal, sys
given = dict(one.split("=", 1) for one in sys.argv if one.startswith("--") and "=" in one)
def end(code, line):
    os.write(2, (line + "\\n").encode())
    os._exit(code)
signal.signal(signal.SIGTERM, lambda *_: end(3, "Stopped: interrupted; 2 answers are left"))
if given["--part"] == "hold":
    os.write(2, b"1 of 3 graded; 1 at work\\n")
    signal.pause()
end(int(given["--part"]), given["--last"].replace("{source}", sys.argv[-1]))
"""
"""Ends with the code that the order's part names, or holds until it is stopped."""


def no_grades(_: str, job_id: str) -> Path:
    raise InputError(f"there is no job {job_id!r} of yours")


def studies(
    folder: Path, last: str = "", grades_of: Callable[[str, str], Path] = no_grades
) -> Studies:
    """Studies whose command measures nothing; `last` is its last line on standard error."""
    command = (sys.executable, "-S", "-E", "-c", COMMAND, f"--last={last}")
    return Studies(folder, grades_of, command=command)


def order(part: str) -> StudyOrder:
    return StudyOrder(kind="agreement", source="gold", part=part)


def files(folder: Path, about: str, *others: str) -> Path:
    """The uploads of a study."""
    put(folder / "dataset.yaml", about)
    for name in others:
        put(folder / name, "id,answer\n")
    return folder


@pytest.mark.parametrize(
    ("code", "last", "state", "told"),
    [
        (0, "", WorkState.done, ""),
        (
            2,
            "sevenstep: `sevenstep eval` needs scipy; install them with: pip install 'sevenstep"
            "[evals]'",
            WorkState.failed,
            "`sevenstep eval` needs scipy; install them with: pip install 'sevenstep[evals]'",
        ),
        (
            3,
            "Stopped: --max-cost 2 is reached; 5 of 9 answers are not (wholly) graded",
            WorkState.stopped,
            "the limit of $2 is reached; 5 of 9 answers are not (wholly) graded",
        ),
        (
            1,
            "ZeroDivisionError: division by zero",
            WorkState.failed,
            "the process that measures ended before its time (exit code 1); its last words: "
            "ZeroDivisionError: division by zero",
        ),
    ],
)
def test_the_end_of_the_command_is_put_into_words(
    tmp_path: Path, code: int, last: str, state: WorkState, told: str
) -> None:
    async def go() -> Study:
        desk = studies(tmp_path, last)
        study_id = desk.create("ann")
        desk.start("ann", study_id, order(str(code)))
        return await desk.settled("ann", study_id)

    found = asyncio.run(go())
    assert (found.state, found.message) == (state, told)


def test_a_study_tells_how_far_it_is_and_is_stopped(tmp_path: Path) -> None:
    async def go() -> None:
        desk = studies(tmp_path)
        study_id = desk.create("ann")
        desk.start("ann", study_id, order("hold"))
        await until(desk, "ann", study_id, lambda one: one.message.startswith("1 of 3 graded"))
        desk.stop("ann", study_id)
        assert (await desk.settled("ann", study_id)).state is WorkState.stopped
        desk.start("ann", study_id, order("0"))
        assert (await desk.settled("ann", study_id)).state is WorkState.done
        assert [one.id for one in desk.list("ann")] == [study_id]

    asyncio.run(go())


def test_the_real_command_measures_uploaded_files_and_grades_that_are_there(
    tmp_path: Path,
) -> None:
    data = dataset(tmp_path / "data")

    async def go() -> Studies:
        desk = Studies(tmp_path / "studies", lambda *_: tmp_path / "none")
        study_id = desk.create("ann")
        for path in sorted(data.iterdir()):
            await desk.upload("ann", study_id, path.name, chunks(path.read_bytes()))
        desk.start("ann", study_id, StudyOrder(kind="agreement", replicates=100))
        done = await desk.settled("ann", study_id)
        assert (done.state, done.message) == (WorkState.done, "")
        assert desk.downloads("ann", study_id) == ("agreement.html", "agreement.json")
        report = desk.output("ann", study_id, "agreement.html").read_text(encoding="utf-8")
        assert "Short answers" in report
        assert str(tmp_path) not in report
        return desk

    asyncio.run(go())


def test_what_the_order_says_reaches_the_command_as_options() -> None:
    found = arguments(
        StudyOrder(
            kind="rubric",
            source="job",
            job="1",
            models=("openai:a", "openai:b"),
            base_url="http://127.0.0.1:1/v1",
            max_cost=2,
            price=(1, 2.5),
            rubric_folders=(Path("/own"),),
        ),
        Path("/jobs/1/out"),
    )
    assert found[:3] == ("eval", "rubric", "--out=../out")
    assert found[-2:] == ("--", "/jobs/1/out")
    assert {
        "--panel=openai:a,openai:b",
        "--base-url=http://127.0.0.1:1/v1",
        "--max-cost=2.0",
        "--price=1.0,2.5",
        "--rubrics=/own",
        "--by=grader",
    } <= set(found)
    assert not any(one.startswith("--grades") for one in found)


def test_a_text_that_begins_like_an_option_is_none() -> None:
    found = arguments(order("--out=/etc"), None)
    assert "--part=--out=/etc" in found
    assert "--out=/etc" not in found


def test_grades_of_a_job_are_measured_only_for_its_owner(tmp_path: Path) -> None:
    desk = studies(tmp_path)
    study_id = desk.create("ann")
    with pytest.raises(InputError, match="there is no job"):
        desk.start("ann", study_id, StudyOrder(kind="rubric", source="job", job="1"))
    assert desk.get("ann", study_id).state is WorkState.collecting


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ("files: [/etc/passwd]", "dataset.yaml: files: '/etc/passwd' is not among"),
        ("files: {../../b/files/a.csv: x}", "dataset.yaml: files: '../../b/files/a.csv' is not"),
        ("files: a.csv\ngrades: ../g.csv", "dataset.yaml: grades: '../g.csv' is not among"),
        ("files: a.csv\nrubric: ../x.yaml", "dataset.yaml: rubric: '../x.yaml' is not among"),
        ("files: a.csv\nrubric: ..", "dataset.yaml: rubric: '..' is not among"),
        ("- a", "dataset.yaml: holds a list"),
    ],
)
def test_a_dataset_names_no_file_of_the_server(tmp_path: Path, about: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        require_own_files(files(tmp_path, about, "a.csv"))
    assert str(caught.value).startswith(told)


def test_a_dataset_names_uploaded_files_and_rubrics_by_their_ids(tmp_path: Path) -> None:
    require_own_files(files(tmp_path, "files: [a.csv]\nrubric: ml_system_design", "a.csv"))
    require_own_files(files(tmp_path, "files: {a.csv: x}\nrubric: my.yaml", "a.csv", "my.yaml"))


def test_uploads_without_a_dataset_are_refused(tmp_path: Path) -> None:
    desk = studies(tmp_path)
    study_id = desk.create("")
    with pytest.raises(InputError, match=r"there is no dataset\.yaml among the uploaded files"):
        desk.start("", study_id, StudyOrder(kind="agreement"))


def test_a_source_that_does_not_fit_the_study_is_refused() -> None:
    with pytest.raises(InputError, match="for a study of a rubric only"):
        study_order({"kind": "agreement", "source": "job", "job": "1"})


def test_grades_of_a_job_go_by_a_name_that_tells_nothing_of_the_server(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()

    async def go() -> None:
        desk = studies(tmp_path / "studies", "sevenstep: {source}", lambda *_: tmp_path / "out")
        study_id = desk.create("ann")
        for _ in range(2):
            of_job = StudyOrder(kind="rubric", source="job", job="1", part="2")
            desk.start("ann", study_id, of_job)
            assert (await desk.settled("ann", study_id)).message == "../grades"
        await desk.delete("ann", study_id)

    asyncio.run(go())
    assert (tmp_path / "out").is_dir()

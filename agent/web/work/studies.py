"""Studies: `sevenstep eval agreement` and `eval rubric`, run for people who sit at a browser.

The measuring is the command's; here its options are made of an order, its end is put into words,
and a dataset is kept from naming files of the server. Files and stops are the desk's.
"""

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from agent.catalog import read_yaml_mapping, validated
from agent.errors import FileError, InputError
from agent.web.work.desk import STOPPED, Desk
from agent.web.work.orders import Graders, Name, require_server
from agent.web.work.processes import Child, Ended
from agent.web.work.records import FILES, OUT, Record, WorkState
from agent.web.work.uploads import Quota, uploads_in
from agent.web.work.wording import on_the_page

DATASET = "dataset.yaml"
_STOPPED = 3
"""The exit code of the command where a limit was reached or it was stopped."""
_PREFIX = "sevenstep: "
_PROGRAM = (
    "from agent.web.work.tether import end_with_parent; end_with_parent(); "
    "from agent.cli.app import main; main()"
)
COMMAND = (sys.executable, "-P", "-c", _PROGRAM)
"""-P: nothing is imported from the working folder."""
_SAID_BY_ORDERS = frozenset(
    ("SEVENSTEP_MODEL", "SEVENSTEP_BASE_URL", "SEVENSTEP_RUBRICS", "SEVENSTEP_SCENARIOS")
)
"""Set for the server, they would add to what an order says in any case."""


class StudyOrder(Graders):
    """What is to be measured.

    The source is `uploaded` (a dataset.yaml with its files), `gold` (the answers that are
    shipped), or `job`: for `rubric` the grades of the grading job `job` alone. With the other
    sources a `job` gives the grades to be measured, and nothing is graded. `part` and `answered`
    choose answers, `rubric` grades by another rubric. `by`, `target` (0 to 1) and `judges` are of
    `rubric` only, as in docs/evaluation.md. The folders are absolute paths of the server's own.
    """

    kind: Literal["agreement", "rubric"]
    source: Literal["uploaded", "gold", "job"] = "uploaded"
    job: str | None = None
    part: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    answered: bool = False
    rubric: Name | None = None
    by: Literal["grader", "people", "all"] = "grader"
    target: Annotated[float, Field(ge=0.01, le=0.99)] = 0.8
    judges: Annotated[int, Field(ge=1, le=100)] = 20
    replicates: Annotated[int, Field(ge=100, le=100_000)] = 1000
    rubric_folders: tuple[Path, ...] = ()
    scenario_folders: tuple[Path, ...] = ()

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.source == "job" and (self.job is None or self.kind != "rubric"):
            raise ValueError("the grades of a job alone are a source for a study of a rubric only")
        return self


class Study(Record):
    """A study as it stands now; `message` is how far it is while it runs."""

    order: StudyOrder | None = None


class Studies(Desk[Study]):
    """The studies of all owners, one at a time."""

    def __init__(
        self,
        folder: Path,
        grades_of: Callable[[str, str], Path],
        *,
        quota: Quota | None = None,
        servers: Collection[str] | None = None,
        command: Sequence[str] = COMMAND,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Keep the studies below `folder`.

        `grades_of(owner, job_id)` gives the folder of a grading job's results and raises
        InputError (`Jobs.grades_folder`); `servers` as in `agent.web.work.jobs`.
        """
        super().__init__(folder, Study, quota=quota, now=now)
        self._grades_of = grades_of
        self._servers = servers
        self._command = tuple(command)

    def start(self, owner: str, study_id: str, order: StudyOrder | None = None) -> Study:
        """Begin a study, or go on with one that was stopped (without an order: the same).

        It ends in `done` with reports, `stopped` or `failed` with a message. Raises InputError
        for an order that does not fit, and while the study is at work.
        """
        study = self._idle(owner, study_id)
        order = order or _required(study.order)
        require_server(order, self._servers)
        if order.source == "uploaded":
            require_own_files(self._folder(study) / FILES)
        return self._start(study, order)

    def _public(self) -> tuple[str, ...]:
        return ("agreement.html", "agreement.json", "rubric.html", "rubric.json")

    def _resume(self, record: Study) -> None:
        try:
            self._start(record, _required(record.order))
        except InputError as error:
            failed = {"state": WorkState.failed, "message": str(error)}
            self._put(record.model_copy(update=failed))

    def _start(self, study: Study, order: StudyOrder) -> Study:
        folder = self._folder(study) / FILES
        folder.mkdir(parents=True, exist_ok=True)
        grades = None
        if order.job is not None:
            grades = _linked(folder, self._grades_of(study.owner, order.job).resolve())
        study = study.model_copy(update={"state": WorkState.waiting, "message": "", "order": order})

        def begun() -> None:
            self._put(study.model_copy(update={"state": WorkState.running}))

        def heard(line: str) -> None:
            now = self._live.get(study.id, study)
            self._tell(now.model_copy(update={"message": _shown(line)}))

        child = Child(
            self._lane,
            (*self._command, *arguments(order, grades)),
            out=lambda _: None,
            err=heard,
            begun=begun,
            folder=folder,
            environment={k: v for k, v in os.environ.items() if k not in _SAID_BY_ORDERS},
        )

        async def work() -> Study:
            ended = await child.run()
            state, message = _ending(ended, was_stopped=child.was_stopped)
            return study.model_copy(update={"state": state, "message": message})

        self._begin(study, child, work)
        return study


def study_order(raw: Mapping[str, Any]) -> StudyOrder:
    """The order in a form's fields; raises InputError naming the field and what to do."""
    return validated(StudyOrder, dict(raw), Path("order"))


def arguments(order: StudyOrder, grades: Path | None) -> tuple[str, ...]:
    """The command's words; the working folder is that of the uploads. Pure."""
    source = {"uploaded": ".", "gold": "gold", "job": str(grades)}[order.source]
    return ("eval", order.kind, *_options(order, grades), "--", source)


def require_own_files(folder: Path) -> None:
    """Raise FileError if the dataset in a folder names a file that is not among the uploads.

    A path would have the command read any file of the server.
    """
    if not (folder / DATASET).is_file():
        raise InputError(
            f"there is no {DATASET} among the uploaded files; upload one that says which files "
            "and columns hold what, or write it on this page"
        )
    path = Path(DATASET)
    try:
        raw = read_yaml_mapping(folder / DATASET, "write the keys of a dataset")
    except FileError as error:
        raise FileError(path, error.problem, where=error.where, remedy=error.remedy) from error
    there = {one.name for one in uploads_in(folder)}
    for field in ("files", "grades", "rubric"):
        for name in _names(raw.get(field)):
            is_id = field == "rubric" and not any(sign in name for sign in "/\\.")
            if name not in there and not is_id:
                raise FileError(
                    path,
                    f"{name!r} is not among the uploaded files",
                    where=field,
                    remedy="upload it beside, and name it without a folder",
                )


def _linked(folder: Path, grades: Path) -> Path:
    """A short name for a job's results, seen from the uploads: reports say where grades are from.

    Where no links can be made it is the path itself.
    """
    link = folder.parent / "grades"
    try:
        link.unlink(missing_ok=True)
        link.symlink_to(grades, target_is_directory=True)
    except OSError:
        return grades
    return Path("..", link.name)


def _required(order: StudyOrder | None) -> StudyOrder:
    if order is None:
        raise InputError("nothing is ordered yet; say what is to be measured")
    return order


def _names(raw: object) -> Iterator[str]:
    """A name, a list of them or the keys of a mapping; others are refused by the command."""
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, (list, dict)):
        yield from (str(one) for one in raw)


def _options(order: StudyOrder, grades: Path | None) -> Iterator[str]:
    yield f"--out=../{OUT}"
    several = len(order.models) > 1
    yield f"--panel={','.join(order.models)}" if several else f"--model={order.models[0]}"
    given: dict[str, object] = {
        "--base-url": order.base_url,
        "--samples": order.samples,
        "--temperature": order.temperature,
        "--calls": order.calls.value,
        "--max-cost": order.max_cost,
        "--max-tokens": order.max_tokens,
        "--price": ",".join(map(str, order.price)) or None,
        "--at-once": order.at_once,
        "--replicates": order.replicates,
        "--part": order.part,
        "--rubric": order.rubric,
        "--grades": None if order.source == "job" else grades,
    }
    if order.kind == "rubric":
        given |= {"--by": order.by, "--target": order.target, "--judges": order.judges}
    yield from (f"{name}={value}" for name, value in given.items() if value is not None)
    if order.answered:
        yield "--answered"
    for name, folders in (
        ("--rubrics", order.rubric_folders),
        ("--scenarios", order.scenario_folders),
    ):
        yield from (f"{name}={folder}" for folder in folders)


def _shown(line: str) -> str:
    """A line of the command's for the page."""
    return on_the_page(line.removeprefix(_PREFIX))


def _ending(ended: Ended, *, was_stopped: bool) -> tuple[WorkState, str]:
    """How a study stands after its process, and the line that says so."""
    last = _shown(ended.last)
    if ended.code == 0:
        return WorkState.done, ""
    if was_stopped:
        return WorkState.stopped, STOPPED
    if ended.code == _STOPPED:
        return WorkState.stopped, last.removeprefix("Stopped: ")
    if ended.last.startswith(_PREFIX):
        return WorkState.failed, last
    return WorkState.failed, ended.told("that measures")

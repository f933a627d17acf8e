"""Grading by workers under Ray: as by one process, once each, within one rate and budget."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from agent.batch.job import Done, Job, Order
from agent.batch.ray_cluster import Cluster, LostError
from agent.batch.ray_desk import Desk, Took
from agent.batch.ray_runner import RayRunner, environment_for
from agent.batch.ray_team import Member, Team
from agent.batch.run import Progress
from agent.batch.runner import Runner
from agent.batch.settings import Limitations, Settings
from agent.calibration import Calibration
from agent.errors import BudgetReachedError, EngineUnavailableError, InputError
from agent.llm.limiter import Limiter, Outcome
from agent.store.ledger import Ledger
from evals.fakellm.server import FakeLLM
from tests.grading_support import calibration
from tests.plain_model import plain_model

ANSWERS = 40
AT_ONCE = 16
OK = Outcome("ok")

pytestmark = pytest.mark.xdist_group("ray")


@pytest.fixture(scope="module")
def ray() -> Iterator[Cluster]:
    """One Ray on this machine for all tests, which is then found by each run."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAY_AUTH_MODE", "disabled")  # or a token is put into the home folder
        environment.delenv("RAY_ADDRESS", raising=False)
        cluster = Cluster.joined(None)
        yield cluster
        cluster.close()


def answers(folder: Path) -> Path:
    """A file of short answers, all different."""
    path = folder / "answers.jsonl"
    said = "I would first ask for goal number {}. Then I measure recall and log the features."
    lines = [{"id": f"a{at}", "answer": said.format(at)} for at in range(ANSWERS)]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def grade(
    folder: Path,
    out: str,
    server: FakeLLM | None,
    *,
    told: Callable[[Progress], None] = lambda _: None,
    begun: Callable[[Runner], None] = lambda _: None,
    calibrated_by: Calibration | None = None,
    **limitations: Any,
) -> Done:
    """Grade the answers into a folder `out`, by two workers or as the limitations say."""
    settings = Settings()
    if server is not None:
        settings = Settings(models=("openai:fake-model",), base_url=server.url)
    settings = settings.model_copy(update={"calibration": calibrated_by})
    order = Order(
        (answers(folder),),
        folder / out,
        scenario="netflix_recs",
        settings=settings,
        limitations=Limitations(**{"runner": "ray", "workers": 2, **limitations}),
    )
    with Job(order) as job:
        return asyncio.run(job.run(told, begun=begun))


def kept(folder: Path) -> tuple[dict[str, Any], Any]:
    """The outcomes in a folder without their times, and what was spent for them."""
    with Ledger(folder, reading=True) as ledger:
        graded = {one.id: one.model_dump(exclude={"graded_at"}) for one in ledger.graded()}
        return graded, ledger.usage()


def test_two_workers_grade_as_one_process_does_and_ask_once_for_each_answer(
    ray: Cluster, tmp_path: Path
) -> None:
    with plain_model(latency=0.1, max_in_flight=AT_ONCE, retry_after=0.2) as server:
        one = grade(tmp_path, "one", server, runner="local")
        assert server.served == ANSWERS
        before = server.refused
        two = grade(tmp_path, "two", server)
        assert server.served == 2 * ANSWERS
        assert server.refused - before <= AT_ONCE
        assert server.peak_in_flight <= AT_ONCE
    assert one.ending == two.ending
    assert (one.tokens, one.cost) == (two.tokens, two.cost) != (0, 0.0)
    assert kept(tmp_path / "one") == kept(tmp_path / "two")


def test_the_answers_of_a_lost_worker_are_taken_over(ray: Cluster, tmp_path: Path) -> None:
    runners: list[RayRunner] = []
    names: set[str] = set()

    def told(progress: Progress) -> None:
        names.update(runners[0].workers)
        if progress.done == ANSWERS // 4 and "victim" not in names:
            names.add("victim")
            ray.end(next(iter(runners[0].workers.values())))

    with plain_model(latency=0.2, max_in_flight=AT_ONCE, retry_after=0.2) as server:
        done = grade(
            tmp_path,
            "out",
            server,
            told=told,
            begun=lambda runner: runners.append(cast(RayRunner, runner)),
        )
        assert ANSWERS <= server.served <= ANSWERS + AT_ONCE
    assert "victim" in names
    assert (done.ending.progress.done, done.ending.stopped) == (ANSWERS, None)
    graded, usage = kept(tmp_path / "out")
    assert {one["scorecard"]["criteria"][0]["level"] for one in graded.values()} == {1}
    assert (len(graded), usage[0].calls) == (ANSWERS, ANSWERS)


def test_one_budget_stops_all_workers_and_a_run_without_ray_goes_on(
    ray: Cluster, tmp_path: Path
) -> None:
    limit = ANSWERS * 6_000  # an answer takes nearly twice as many
    with plain_model(latency=0.02) as server:
        first = grade(tmp_path, "out", server, most_tokens=limit, most_at_once=3)
        assert server.peak_in_flight <= 3
        assert first.ending.over_budget
        assert "--max-tokens" in (first.ending.stopped or "")
        assert limit / 2 < first.tokens <= limit
        assert server.served == first.ending.progress.done
        rest = grade(tmp_path, "out", server, runner="local")
        assert rest.ending.progress.reused == first.ending.progress.done
        assert server.served == ANSWERS


def test_without_a_model_the_workers_grade_as_one_process_does(
    ray: Cluster, tmp_path: Path
) -> None:
    one = grade(tmp_path, "one", None, runner="local")
    assert grade(tmp_path, "two", None).ending == one.ending
    assert kept(tmp_path / "one") == kept(tmp_path / "two")


@pytest.mark.parametrize("is_offline", [True, False])
def test_calibrated_grades_are_those_of_one_process(
    ray: Cluster, tmp_path: Path, is_offline: bool
) -> None:
    with plain_model() as model:
        server = None if is_offline else model
        grade(tmp_path, "one", server, runner="local")
        with Ledger(tmp_path / "one", reading=True) as ledger:
            card = next(iter(ledger.graded())).scorecard
        raised = {one.id: (0.0, 3.0, 3.0, 4.0, 4.0) for one in card.criteria}
        found = calibration(card.provenance, raised)
        one = grade(tmp_path, "two", server, calibrated_by=found, runner="local")
        assert grade(tmp_path, "three", server, calibrated_by=found).ending == one.ending
    assert kept(tmp_path / "two") == kept(tmp_path / "three")
    graded = kept(tmp_path / "three")[0].values()
    assert {one["scorecard"]["provenance"]["calibration"] for one in graded} == {found.told()}


def test_what_is_wrong_with_the_model_is_said_as_without_ray(ray: Cluster, tmp_path: Path) -> None:
    with plain_model() as server, pytest.raises(InputError, match="--max-cost cannot be kept"):
        grade(tmp_path, "out", server, most_cost=1.0)


def test_an_address_at_which_no_ray_answers_is_named() -> None:
    with pytest.raises(EngineUnavailableError, match=r"no Ray answers at 127\.0\.0\.1:9; start it"):
        Cluster.joined("127.0.0.1:9")


def test_without_ray_it_is_said_how_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'sevenstep\[ray\]'"):
        Cluster.joined(None)


def test_workers_get_the_keys_of_their_models_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SEVENSTEP_API_KEY", "OPENAI_BASE_URL", "GROQ_API_KEY", "MISTRAL_API_KEY"):
        monkeypatch.setenv(name, "x")
    assert environment_for({"openai"}).keys() == {"SEVENSTEP_API_KEY", "OPENAI_BASE_URL"}
    assert environment_for({"groq", "mistralai"}).keys() == {"GROQ_API_KEY", "MISTRAL_API_KEY"}
    assert environment_for(()) == {}


async def _at_a_desk_with_a_lost_worker() -> None:
    desk = Desk(Limitations(most_tokens=100))
    tickets = [await desk.enter("a", "one") for _ in range(Limiter().limit)]
    waiting = asyncio.create_task(desk.enter("a", "two"))
    await asyncio.sleep(0)
    assert not waiting.done()
    await desk.lost("one")
    ticket = await waiting
    await desk.leave("a", "one", tickets[0], OK, Took(1000))  # its last word, which came late
    await desk.leave("a", "two", ticket, OK, Took(40))
    assert (await desk.figures()).tokens == 40
    with pytest.raises(EngineUnavailableError):
        await desk.enter("a", "one")
    # Nothing is reckoned with for the calls of the lost one: there is room for one of 40 more.
    await desk.leave("a", "two", await desk.enter("a", "two"), OK, Took(40))
    with pytest.raises(BudgetReachedError):
        await desk.enter("a", "two")


def test_what_a_lost_worker_held_is_free_for_others() -> None:
    asyncio.run(_at_a_desk_with_a_lost_worker())


class _Processes:
    """In the place of a cluster: processes that do nothing."""

    cpus = 2

    def __init__(self) -> None:
        self.ended = 0

    def actor(self, *_: object, **__: object) -> object:
        return object()

    def end(self, actor: object) -> None:
        self.ended += 1


async def _with_a_killer_of_workers() -> None:
    processes = _Processes()
    lost: list[str] = []

    async def begin(member: Member) -> None:
        await asyncio.sleep(0)

    dead: set[str] = set()

    async def killer(member: Member) -> str:
        await asyncio.sleep(0.01)
        dead.add(member.name)
        raise LostError

    async def harmless(member: Member) -> str:
        await asyncio.sleep(0.02)
        if member.name in dead:
            raise LostError
        return member.name

    team = Team(cast(Cluster, processes), 1, begin, lambda member: lost.append(member.name))
    await team.open()
    first, *others = await asyncio.gather(
        team.do(killer), *(team.do(harmless) for _ in range(5)), return_exceptions=True
    )
    assert isinstance(first, LostError)
    assert all(isinstance(one, str) for one in others)
    assert len(set(lost)) == len(lost)  # each is told of once
    assert dead < set(lost)
    assert len(dead) == 3
    await team.close()
    assert processes.ended == len(lost)


def test_what_kills_its_workers_is_given_up_and_what_was_with_it_is_done() -> None:
    asyncio.run(_with_a_killer_of_workers())

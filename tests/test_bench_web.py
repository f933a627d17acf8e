"""The clients of the benchmark of the site: an interview as a browser would give it."""

import asyncio
from pathlib import Path

from evals.bench_web import calls_in, database_in, interviews, read_again, site_with, wrong
from evals.fakellm.recordings import load
from evals.fakellm.server import FakeLLM, serving
from evals.recorded import candidates


def test_a_client_without_a_browser_gives_a_whole_interview(tmp_path: Path) -> None:
    (candidate,) = candidates(["netflix_strong"])
    with (
        serving(FakeLLM(load([candidate.recording]))) as model,
        site_with(model.url, tmp_path) as (url, _),
    ):
        (played,) = asyncio.run(interviews(url, candidate, 1))
        asyncio.run(read_again(url, [played]))
    assert played.fault == ""
    assert len(played.seconds) == len(candidate.turns)
    assert wrong(candidate, played) == 0
    calls = asyncio.run(calls_in(database_in(tmp_path)))
    assert max(calls[played.interview]) == 2

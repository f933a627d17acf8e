"""A server that takes only so many calls at once: grading finds out, and loses nothing."""

import json
from pathlib import Path

from tests.cli_support import run
from tests.plain_model import plain_model

ANSWERS = 400
CAP = 20
RUBRIC = """\
id: caches
title: Caches
question: Why do caches go stale?
criteria:
  - {id: cause, title: Cause, levels: {0: Not said, 1: Hinted at, 2: Said}}
"""


def test_beyond_what_the_server_takes_little_is_refused_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    answers, rubric, out = tmp_path / "many.jsonl", tmp_path / "rubric.yaml", tmp_path / "out"
    rubric.write_text(RUBRIC)
    answers.write_text(
        "".join(
            json.dumps({"id": f"a{number}", "answer": f"Copy {number} is not told. So it stays."})
            + "\n"
            for number in range(ANSWERS)
        )
    )
    with plain_model(latency=0.2, max_in_flight=CAP) as server:
        order = ("grade", answers, "--rubric", rubric, "--out", out)
        ran = run(*order, "--model", "openai:x", "--base-url", server.url)
    assert ran.code == 0, ran.err
    lines = [json.loads(line) for line in (out / "grades.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"a{number}" for number in range(ANSWERS)]
    assert {grade["level"] for line in lines for grade in line["scorecard"]["criteria"]} == {1}
    assert server.served == ANSWERS
    assert CAP / 2 < server.peak_in_flight <= CAP
    assert server.refused <= 0.05 * (server.served + server.refused)

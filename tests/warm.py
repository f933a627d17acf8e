"""Imported once by the process that `tests.forked` forks: loads what commands load, by use."""

import importlib
import tempfile
from pathlib import Path

from tests.cli_support import ANSWER, run

with tempfile.TemporaryDirectory() as _folder:
    _ran = run("practice", "netflix_recs", "--db", Path(_folder, "x.db"), stdin=ANSWER)
    assert _ran.code == 0, _ran.err
for _name in (
    "agent.batch.job",
    "agent.cli.grading_screen",
    "agent.cli.keyboard",
    "agent.llm.openai_chat",
    "openai.resources.chat",
):
    importlib.import_module(_name)

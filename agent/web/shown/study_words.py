"""What pages say of studies: titles, states, fields, and a draft of a dataset.yaml. Pure."""

import json
from collections.abc import Iterable

from agent.web.work.records import WorkState
from agent.web.work.studies import DATASET, Study

KINDS = {
    "agreement": "How far a grader agrees with people",
    "rubric": "Which criteria do not work, how many judges it takes",
}
_TITLES = {"agreement": "Agreement", "rubric": "Rubric"}
_SOURCES = {"uploaded": "uploaded answers", "gold": "the shipped answers", "job": "a grading job"}
_STATES = {
    WorkState.collecting: "Not started yet",
    WorkState.waiting: "Waiting for its turn",
    WorkState.running: "At work",
    WorkState.done: "Done",
    WorkState.stopped: "Stopped",
    WorkState.failed: "Failed",
}
FIELDS = {
    "samples": "Grades for each answer",
    "max_cost": "Most dollars",
    "part": "Only the part",
    "target": "Reliability to reach",
    "judges": "Most judges",
}
_TABLES = (".csv", ".tsv", ".jsonl", ".json")


def title_of(study: Study) -> str:
    """What a study is about, such as "Agreement: uploaded answers, offline"."""
    order = study.order
    if order is None:
        return "New measurement"
    by = "" if order.source == "job" else f", {', '.join(order.models)}"
    return f"{_TITLES[order.kind]}: {_SOURCES[order.source]}{by}"


def state_of(study: Study) -> str:
    """How a study stands, in a few words and its message."""
    state = _STATES.get(study.state, study.state.value)
    return f"{state}: {study.message}" if study.message else state


def drafted(names: Iterable[str]) -> str:
    """A dataset.yaml to begin with, for uploaded files of these names."""
    others = [name for name in names if name != DATASET]
    tables = [name for name in others if name.lower().endswith(_TABLES)] or ["answers.csv"]
    rubrics = [name for name in others if name.lower().endswith((".yaml", ".yml"))]
    rubric = json.dumps(rubrics[0], ensure_ascii=False) if rubrics else "ml_system_design"
    return f"""\
title: My graded answers
source: where they come from
licence: for our own use
files: {json.dumps(tables, ensure_ascii=False)}
# What each of our fields is called in the files; prompt, group and part may be left out.
columns: {{id: id, answer: answer}}
# An uploaded file, or the id of a rubric of this server.
rubric: {rubric}
# Each person who graded, and for each criterion the column that holds the grade.
raters:
  first_person: {{criterion_id: column}}
"""

"""`sevenstep grade --prompts`: texts of one's own, their identity, and what is wrong with them."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from agent.batch.runner import how_of
from agent.batch.settings import Settings
from agent.batch.units import Planner
from agent.errors import FileError, InputError
from agent.llm.prompts import SHIPPED, Prompts, prompts_hash, shipped_text
from agent.llm.prompts.own import NAMES, read_prompts
from agent.llm.unit import Calls
from tests.cli_support import refused, run
from tests.grading_support import answer, answers_file, kept, many, problem, rubric_file
from tests.plain_model import plain_model

MODEL = "openai:fake-model"
OWN = "Be kind. " + shipped_text("grade_rules")
ITEMS = """\
{% for one in parts %}{% for item in one["items"] %}
{{ item.id }}:
{% endfor %}{% endfor %}"""
REST = {"grade_step": ITEMS, "grade_transcript": "{{ conversation }}"}


def folder_of(folder: Path, **texts: str) -> Path:
    """A folder `prompts` with these files."""
    found = folder / "prompts"
    found.mkdir(exist_ok=True)
    for name, text in texts.items():
        (found / f"{name}.md").write_text(text, encoding="utf-8")
    return found


def fault(folder: Path) -> str:
    """What is wrong with a folder of prompts."""
    with pytest.raises(FileError) as raised:
        read_prompts(folder)
    return str(raised.value)


def graded(server: Any, folder: Path, *more: object) -> None:
    """Two answers, graded by the plain model into a folder `out`."""
    ran = run(
        "grade", answers_file(folder, many(2)), "--rubric", rubric_file(folder), "--model", MODEL,
        "--base-url", server.url, "--out", folder / "out", *more,
    )  # fmt: skip
    assert ran.code == 0, ran.err


def keys(prompts: Prompts) -> list[str]:
    """The keys of an answer's calls."""
    planner = Planner(("m",), Calls.step, prompts)
    return [task.key for task in planner.work(problem(), answer()).tasks]


def test_a_prompt_of_ones_own_is_what_the_model_reads(tmp_path: Path) -> None:
    with plain_model(keep_requests=True) as server:
        graded(server, tmp_path, "--prompts", folder_of(tmp_path, grade_rules=OWN))
        rules = {request.messages[0][1] for request in server.requests}
    assert len(rules) == 1
    assert rules.pop().startswith("Be kind. You grade a written answer")


def test_the_scorecard_tells_of_it(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, grade_rules=OWN)
    with plain_model() as server:
        graded(server, tmp_path, "--prompts", folder)
    made = kept(tmp_path / "out")[0].scorecard.provenance
    assert made.parameters == "calls: auto, temperature 0, own prompts: grade_rules"
    assert made.prompts_hash == read_prompts(folder).hash() != prompts_hash()


def test_another_text_is_asked_anew_and_the_same_one_is_not(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, grade_rules=OWN)
    with plain_model() as server:
        graded(server, tmp_path)
        graded(server, tmp_path, "--prompts", folder)
        assert server.served == 4
        graded(server, tmp_path, "--prompts", folder)
        graded(server, tmp_path)
        assert server.served == 4


def test_a_copy_of_the_shipped_prompts_has_their_keys(tmp_path: Path) -> None:
    same = read_prompts(folder_of(tmp_path, **{name: shipped_text(name) for name in NAMES}))
    assert same == SHIPPED
    assert how_of(Settings(prompts=same), ["m"]) == how_of(Settings(), ["m"])


def test_where_the_texts_came_from_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first = read_prompts(folder_of(tmp_path, grade_rules=OWN))
    second = read_prompts(folder_of(tmp_path / "other", grade_rules=OWN))
    assert first == second
    assert keys(first) == keys(second) != keys(SHIPPED)


def test_settings_carry_the_texts_to_other_machines(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, **REST)
    settings = Settings(models=(MODEL,), prompts=read_prompts(folder))
    (folder / "grade_step.md").unlink()
    sent: Settings = pickle.loads(pickle.dumps(settings))
    assert sent.prompts.filled("grade_transcript", conversation="Hi.") == "Hi."
    assert sent.prompts.hash() == settings.prompts.hash()


def test_the_hash_is_over_all_prompts_with_the_own_ones_in_their_place() -> None:
    names = {name: shipped_text(name) for name in NAMES}
    assert Prompts(own=tuple(names.items())).hash("grade") == prompts_hash("grade")
    assert Prompts(own=(("grade_rules", "x"),)).hash("grade") != prompts_hash("grade")
    assert Prompts(own=(("grade_rules", "x"),)).hash("speak") == prompts_hash("speak")


def test_a_name_that_is_no_prompt_of_the_grader_is_refused(tmp_path: Path) -> None:
    said = fault(folder_of(tmp_path, speak_rules="Speak."))
    assert said.endswith(
        "prompts/speak_rules.md: is no prompt of the grader; known are grade_rules.md, "
        "grade_step.md, grade_transcript.md; remove the others"
    )


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("grade_rules", "{% if %}", "line 1: cannot be filled in"),
        ("grade_rules", "{{ sheet.prompt }} {{ rubric }}", "'rubric' is undefined"),
        ("grade_rules", "{{ sheet.prompt }}{% if sheet.change %}{{ x }}{% endif %}", "'x' is und"),
        ("grade_rules", "Grade it.", "leaves out what was asked; use the variable `sheet.prompt`"),
        ("grade_step", "{{ 1 // 0 }}", "cannot be filled in"),
        ("grade_step", "Grade.", "leaves out the criterion first_criterion"),
        ("grade_transcript", "{{ interview }}", "leaves out the text that is graded"),
        ("grade_transcript", "{{ conversation.__class__.__mro__ }}", "cannot be filled in"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, name: str, text: str, problem: str) -> None:
    said = fault(folder_of(tmp_path, **{name: text}))
    assert f"prompts/{name}.md: " in said
    assert problem in said


def test_an_empty_folder_and_one_that_is_not_there_are_refused(tmp_path: Path) -> None:
    assert "holds no prompt" in fault(folder_of(tmp_path))
    assert "is no folder" in fault(tmp_path / "nowhere")


def test_what_goes_wrong_later_names_the_prompt() -> None:
    with pytest.raises(InputError, match=r"your own prompt grade_step.md cannot be filled in"):
        Prompts(own=(("grade_step", "{{ nothing }}"),)).filled("grade_step")


def test_the_offline_engine_reads_none(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, grade_rules=OWN)
    path = answers_file(tmp_path, many(1))
    said = refused(run("grade", path, "--model", "offline", "--prompts", folder))
    assert said.startswith("--prompts needs a language model")

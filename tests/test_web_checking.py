"""A text that somebody pastes is told for a rubric or a scenario, checked, and read as text."""

import pytest

from agent.answer_rubric import AnswerRubric
from agent.catalog import Catalog
from agent.errors import InputError
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.web.checking import MOST_CHARACTERS, checked
from agent.web.library import Library
from agent.web.shelf import Shelf
from agent.web.shown.readings import kind_of, rubric_markup, scenario_markup, size_of

CATALOG = Catalog()
RUBRIC = CATALOG.rubric()
SCENARIO = CATALOG.scenario_path("card_fraud").read_text(encoding="utf-8")
WRITTEN = """\
id: tcp
title: <b>TCP</b>
question: <script>alert(1)</script>
criteria:
  - {id: start, title: <img src=x>, levels: {0: Nothing., 1: <i>All</i>.}}
"""


def test_a_rubric_and_a_scenario_are_told_apart_by_their_keys() -> None:
    assert isinstance(checked(WRITTEN, "tcp.yaml", RUBRIC).found, AnswerRubric)
    assert isinstance(checked(SCENARIO, "card_fraud.yaml", RUBRIC).found, Scenario)


def test_pasted_text_has_the_name_that_its_id_asks_for() -> None:
    found = checked(SCENARIO, "", RUBRIC)
    assert found.name == "card_fraud.yaml"
    assert isinstance(found.found, Scenario)


@pytest.mark.parametrize(
    ("text", "name", "fault"),
    [
        ("", "", "nothing to check"),
        ("hello", "", "pasted.yaml: holds text"),
        ("foo: 1", "mine.yaml", "mine.yaml: is neither a rubric nor a scenario"),
        ("id: tcp\ncriteria: 3", "", "tcp.yaml: "),
        ("id: " + "[" * 100_000, "", "nested more than"),
        ("#" * (MOST_CHARACTERS + 1), "", "characters; check it with"),
        ("foo: 1", "photo.png", "files of this kind are not read"),
        (SCENARIO, "other.yaml", "differs from the file's name 'other'"),
        (SCENARIO.replace("step: ", "step: no"), "", "is not in the rubric 'ml_system_design'"),
    ],
)
def test_a_fault_is_told_with_the_file_and_the_remedy(text: str, name: str, fault: str) -> None:
    found = checked(text, name, RUBRIC).found
    assert isinstance(found, str)
    assert fault in found


def test_what_a_rubric_says_is_text_and_no_markup() -> None:
    found = checked(WRITTEN, "", RUBRIC).found
    assert isinstance(found, AnswerRubric)
    html = rubric_markup(found, top=3)
    assert "&lt;script&gt;" in html
    assert not any(tag in html for tag in ("<script", "<img", "<i>", "<b>"))


def test_all_that_is_judged_and_told_stands_on_the_pages() -> None:
    html = rubric_markup(RUBRIC).unescape()
    scenario = CATALOG.scenario("card_fraud")
    assert all(text in html for one in RUBRIC.criteria() for text in one.anchors.texts())
    assert all(flag.why in html for flag in RUBRIC.red_flags())
    told = scenario_markup(scenario, RUBRIC).unescape()
    assert all(fact.text in told for fact in scenario.facts)
    assert all(text in told for text in scenario.references.values())


def test_a_rubric_says_what_it_is_for_and_how_much_it_holds() -> None:
    assert (kind_of(RUBRIC), size_of(RUBRIC)) == ("Interviews", "7 steps, 33 criteria")
    found = checked(WRITTEN, "", RUBRIC).found
    assert isinstance(found, AnswerRubric)
    assert (kind_of(found), size_of(found)) == ("Written answers", "1 criterion")


@pytest.mark.parametrize("name", ["../rubrics", "rubric.yaml", "nope", "/etc"])
def test_an_address_of_the_site_never_becomes_a_path(name: str) -> None:
    shelf = Shelf(Library(CATALOG))
    assert isinstance(shelf.rubric("ml_system_design"), Rubric)
    for read in (shelf.rubric, shelf.scenario):
        with pytest.raises(InputError, match="there is no"):
            read(name)

"""`sevenstep eval rubric`: which criteria do their work, and how many judges a grade takes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.catalog import Catalog
from agent.ports import Rating
from agent.scorecard import Scorecard
from evals.grading import Grades, read_grades
from evals.levels import Array, Levels
from evals.records import load_dataset
from evals.report.rubric import rubric_page
from evals.scales import scales_of
from evals.stats.decision import decide
from evals.stats.generalizability import study
from evals.stats.items import analyse
from evals.studies.rubric import (
    Rated,
    RubricStudy,
    measured_rubric,
    rated_by_grader,
    rated_by_people,
)
from tests.cli_support import refused, run
from tests.eval_support import dataset, levels

CRITERIA = ("good_1", "good_2", "vague", "good_3", "twin", "good_4", "constant", "good_5")
PEOPLE = ("ann", "ben", "cleo")
PLANTED = {"vague": "ambiguous", "twin": "redundant", "constant": "never_varies"}


def simulated(seed: int, answers: int = 80, raters: int = 3) -> Array:
    """Levels 0 to 4: good criteria share a part and have one of their own, raters err a little.

    What `vague` gives is chance, `twin` means what good_1 does, and `constant` is always 2.
    """
    chance = np.random.default_rng(seed)
    true = 0.7 * (chance.normal(size=(answers, 1)) + chance.normal(size=(answers, 8)))
    true[:, 4] = true[:, 0]
    seen = true[:, :, None] + 0.5 * chance.normal(size=(answers, 8, raters))
    values = np.searchsorted((-1.2, -0.4, 0.4, 1.2), seen).astype(float)
    values[:, 2] = chance.integers(0, 5, size=(answers, raters))
    values[:, 6] = 2
    return values


def by_people(values: Array) -> Rated:
    graded = levels(values, criteria=CRITERIA, raters=PEOPLE[: values.shape[2]])
    return Rated("people", graded, "people", graded.raters)


def graded_by_people(folder: Path, values: Array) -> Path:
    """A dataset with these levels by three people in a long table."""
    folder.mkdir()
    criteria = "".join(f"  - {{id: {name}, title: {name}, points: 4}}\n" for name in CRITERIA)
    (folder / "rubric.yaml").write_text(
        f"id: planted\ntitle: Planted\nquestion: Why?\ncriteria:\n{criteria}", encoding="utf-8"
    )
    (folder / "dataset.yaml").write_text(
        "title: Planted faults\nsource: simulated\nlicence: none\nfiles: [answers.csv]\n"
        "rubric: rubric.yaml\ngrades: grades.csv\n",
        encoding="utf-8",
    )
    rows = [f"a{at},Because of {at}." for at in range(len(values))]
    (folder / "answers.csv").write_text("\n".join(["id,answer", *rows]), encoding="utf-8")
    grades = [
        f"a{at},{PEOPLE[rater]},{CRITERIA[criterion]},{values[at, criterion, rater]:g}"
        for at, criterion, rater in np.ndindex(values.shape)
    ]
    (folder / "grades.csv").write_text(
        "\n".join(["id,rater,criterion,value", *grades]), encoding="utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the planted faults were looked for, from a dataset with three people's grades."""
    folder = tmp_path_factory.mktemp("rubric")
    data = graded_by_people(folder / "data", simulated(1))
    ran = run("eval", "rubric", data, "--by", "people", "--out", folder / "out")
    assert ran.code == 0, ran.err
    (folder / "out" / "terminal.txt").write_text(ran.out, encoding="utf-8")
    return folder / "out"


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A dataset, and the folder in which the offline engine graded it for this command."""
    folder = tmp_path_factory.mktemp("rubric")
    data = dataset(folder / "data")
    ran = run("eval", "rubric", data, "--model", "offline", "--out", folder / "out")
    assert ran.code == 0, ran.err
    return data, folder / "out"


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "rubric.json").read_text())
    return found


def said(found: RubricStudy) -> str:
    """All that the page on a study says in sentences."""
    page = rubric_page(found, "Planted", ())
    texts = [text for section in page.sections for text in section.texts]
    return " ".join([page.lead, *texts])


def sampled(grades: Grades, raters: tuple[str, ...], *, cost: float | None = None) -> Grades:
    """The same grades as these raters, who all agree, might have given them."""

    def changed(card: Scorecard) -> Scorecard:
        criteria = tuple(
            one.model_copy(
                update={"ratings": tuple(Rating(rater=r, level=int(one.level)) for r in raters)}
            )
            for one in card.criteria
        )
        provenance = card.provenance.model_copy(update={"cost_usd": cost})
        return card.model_copy(update={"criteria": criteria, "provenance": provenance})

    return Grades(
        grades.ids,
        tuple(
            one and one.model_copy(update={"scorecard": changed(one.scorecard)})
            for one in grades.graded
        ),
    )


def graded_offline(offline: tuple[Path, Path]) -> tuple[Grades, Levels]:
    data = load_dataset(offline[0], Catalog())
    return read_grades(offline[1] / "grades"), data.people


@pytest.mark.parametrize("seed", range(5))
def test_the_planted_faults_are_found_and_no_good_criterion_is_accused(seed: int) -> None:
    (view,) = measured_rubric([by_people(simulated(seed, 120))]).views
    found = {name: [flag.kind for flag in flags] for name, flags in view.to_look_at.items()}
    assert found == {name: [kind] for name, kind in PLANTED.items()}


def test_they_are_found_in_a_dataset_that_people_graded(planted: Path) -> None:
    (view,) = report(planted)["result"]["views"]
    flags = {
        flag["criterion"]: (flag["kind"], flag["other"])
        for flag in view["flags"]
        if flag["severity"] != "note"
    }
    assert flags == {
        "vague": ("ambiguous", None),
        "twin": ("redundant", "good_1"),
        "constant": ("never_varies", None),
    }


def test_nothing_is_graded_where_people_are_asked_for(planted: Path) -> None:
    assert not (planted / "grades").exists()


def test_the_terminal_and_the_page_name_the_faults_and_what_to_try(planted: Path) -> None:
    html = (planted / "rubric.html").read_text()
    # Rich breaks lines where they end.
    terminal = " ".join((planted / "terminal.txt").read_text().split())
    for text in (html, terminal):
        assert "3 of 8 criteria should be looked at: vague (raters disagree)" in text
        assert "To try: Say for each level what an answer must hold" in text


def test_alpha_phi_and_discrimination_are_those_of_the_statistics(planted: Path) -> None:
    graded = by_people(simulated(1)).levels
    analysis = analyse(graded)
    phi = decide(study(graded.percents()), 3).absolute
    figures = report(planted)["figures"]
    assert analysis.alpha is not None
    assert phi is not None
    assert figures["alpha"] == pytest.approx(analysis.alpha.value)
    assert figures["phi"] == pytest.approx(phi.value)
    assert figures["phi.low"] == pytest.approx(phi.low)
    assert figures["good_1.discrimination"] == pytest.approx(
        analysis.items[0].discrimination.value  # type: ignore[union-attr]
    )


def test_the_plan_is_the_smallest_number_that_reaches_the_target() -> None:
    (view,) = measured_rubric([by_people(simulated(1))], target=0.9).views
    assert view.judges is not None
    best = view.judges.absolute.decision
    assert best is not None
    assert best.judges > 1
    by_number = {one.judges: one.absolute.value for one in view.judges.grid if one.absolute}
    assert by_number[best.judges] >= 0.9 > by_number[best.judges - 1]


def test_where_no_plan_reaches_the_target_it_says_what_the_most_reach() -> None:
    found = measured_rubric([by_people(simulated(1))], target=0.99, max_judges=2)
    assert "the cheapest way to Phi 0.99 takes more than 2 people, which reach 0." in said(found)


def test_a_gate_on_what_is_to_be_mended_fails_and_names_the_count(
    planted: Path, tmp_path: Path
) -> None:
    data = planted.parent / "data"
    ran = run(
        "eval", "rubric", data, "--by", "people", "--out", tmp_path,
        "--gate", "flags.mend<=0", "--gate", "good_2.difficulty>0.1", "--gate", "phi>0.5",
        "--gate", "generalizability>0.5",
    )  # fmt: skip
    assert ran.code == 1
    (line,) = [line for line in ran.err.splitlines() if line.startswith("gate")]
    assert line == "gate flags.mend<=0 failed: flags.mend is 3"


def test_with_one_rater_it_says_what_cannot_be_told_and_what_to_run(
    offline: tuple[Path, Path],
) -> None:
    page = (offline[1] / "rubric.html").read_text()
    assert "How reliable a grade is cannot be told: there is one rater." in page
    assert "--samples 3" in page
    assert report(offline[1])["figures"]["phi"] is None


def test_a_gate_on_what_one_rater_cannot_tell_fails(offline: tuple[Path, Path]) -> None:
    ran = run(
        "eval", "rubric", offline[0], "--model", "offline", "--out", offline[1],
        "--gate", "phi>=0.1",
    )  # fmt: skip
    assert ran.code == 1
    assert "phi is undefined" in ran.err


def test_a_folder_of_grades_needs_no_dataset(offline: tuple[Path, Path], tmp_path: Path) -> None:
    ran = run("eval", "rubric", offline[1] / "grades", "--out", tmp_path)
    assert ran.code == 0, ran.err
    assert report(tmp_path)["figures"] == report(offline[1])["figures"]
    assert not (tmp_path / "grades").exists()


def test_what_needs_a_dataset_is_refused_for_a_folder_of_grades(
    offline: tuple[Path, Path], tmp_path: Path
) -> None:
    ran = run("eval", "rubric", offline[1] / "grades", "--by", "all", "--out", tmp_path)
    assert "need a dataset" in refused(ran)


def test_a_folder_with_neither_is_refused(tmp_path: Path) -> None:
    ran = run("eval", "rubric", tmp_path, "--out", tmp_path / "out")
    assert "is no dataset (it has no dataset.yaml)" in refused(ran)


def test_the_shipped_answers_go_by_their_name(tmp_path: Path) -> None:
    ran = run("eval", "rubric", "gold", "--by", "people", "--out", tmp_path)
    assert ran.code == 0, ran.err
    assert "72 answers" in ran.out


def test_people_without_levels_are_refused(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data")
    path = data / "dataset.yaml"
    path.write_text(path.read_text().partition("raters:")[0])
    ran = run("eval", "rubric", data, "--by", "people", "--out", tmp_path / "out")
    assert "people gave no levels by criterion" in refused(ran)


def test_grader_and_people_stand_side_by_side(offline: tuple[Path, Path], tmp_path: Path) -> None:
    ran = run(
        "eval", "rubric", offline[0], "--by", "all", "--grades", offline[1] / "grades",
        "--out", tmp_path,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    figures = report(tmp_path)["figures"]
    assert figures["alpha"] == report(offline[1])["figures"]["alpha"]
    people = load_dataset(offline[0], Catalog()).people
    alpha = analyse(people).alpha
    assert alpha is not None
    assert figures["people.alpha"] == pytest.approx(alpha.value)
    html = (tmp_path / "rubric.html").read_text()
    assert "Criteria, by grader" in html
    assert "Criteria, by people" in html


def test_samples_of_several_models_are_their_repeats(offline: tuple[Path, Path]) -> None:
    grades, people = graded_offline(offline)
    panel = sampled(grades, ("x #1", "x #2", "y #1", "y #2"))
    (view,) = measured_rubric([rated_by_grader(panel, people.scales)]).views
    assert view.judges is not None
    assert (view.judges.total.judges, view.judges.total.repeats) == (2, 2)
    assert view.judges.total.design == "p x (o:r)"


def test_samples_of_one_model_are_judges_and_it_says_what_that_means(
    offline: tuple[Path, Path],
) -> None:
    grades, people = graded_offline(offline)
    found = measured_rubric([rated_by_grader(sampled(grades, ("x #1", "x #2")), people.scales)])
    (view,) = found.views
    assert view.judges is not None
    assert (view.judges.judges, view.judges.total.judges) == ("samples", 2)
    assert "samples of one model" in said(found)


def test_unequal_samples_are_told_and_not_studied(offline: tuple[Path, Path]) -> None:
    grades, people = graded_offline(offline)
    uneven = sampled(grades, ("x #1", "x #2", "y #1"))
    found = measured_rubric([rated_by_grader(uneven, people.scales)])
    assert found.views[0].judges is None
    assert "judges have different numbers of repeats: x 2, y 1" in said(found)


def test_a_grading_costs_what_was_spent_over_answers_and_raters(
    offline: tuple[Path, Path],
) -> None:
    grades, people = graded_offline(offline)
    rated = rated_by_grader(sampled(grades, ("x", "y"), cost=0.01), people.scales)
    assert rated.cost == pytest.approx(0.005)
    (view,) = measured_rubric([rated]).views
    assert view.judges is not None
    assert view.judges.now.cost == pytest.approx(0.01)


@pytest.mark.parametrize("cost", [None, 0.0])
def test_without_a_price_plans_are_counted_in_gradings(
    offline: tuple[Path, Path], cost: float | None
) -> None:
    grades, people = graded_offline(offline)
    rated = rated_by_grader(sampled(grades, ("x", "y"), cost=cost), people.scales)
    assert rated.cost is None
    assert "$" not in said(measured_rubric([rated]))


def test_criteria_without_any_level_are_left_out_and_named() -> None:
    values = simulated(1)
    values[:, 3] = np.nan
    found = measured_rubric([by_people(values)])
    (view,) = found.views
    assert view.unrated == ("good_3",)
    assert len(view.items) == 7
    assert "Left out, as nobody gave a level: good_3." in said(found)


def test_answers_that_not_all_graded_are_counted_as_left_out() -> None:
    values = simulated(1)
    values[:5, :, 2] = np.nan
    (view,) = measured_rubric([by_people(values)]).views
    assert view.judges is not None
    assert view.judges.total.dropped == 5


def test_few_answers_are_said_to_be_too_few() -> None:
    found = measured_rubric([by_people(simulated(1, answers=6))])
    assert said(found).startswith("6 answers are too few to judge a criterion by")


def test_long_scales_are_shown_in_fifths() -> None:
    values = np.arange(42, dtype=float).reshape(21, 2, 1) % 21
    graded = levels(values, top=20)
    page = rubric_page(
        measured_rubric([Rated("people", graded, "people", graded.raters)]), "Long", ()
    )
    (table,) = next(one for one in page.sections if one.title.startswith("Which levels")).tables
    assert table.columns[3:] == (
        "0 to 20 %",
        "20 to 40 %",
        "40 to 60 %",
        "60 to 80 %",
        "80 to 100 %",
    )
    assert [int(cell) for cell in table.rows[0][3:]] == [4, 4, 4, 4, 5]


def test_the_scales_of_people_and_grader_may_differ_in_what_they_hold(
    offline: tuple[Path, Path],
) -> None:
    grades, people = graded_offline(offline)
    data = load_dataset(offline[0], Catalog())
    half = Rated("people", people.choose(["end"]), "people", people.raters)
    found = measured_rubric([rated_by_grader(grades, scales_of(data.rubric)), half])
    section = next(
        one for one in rubric_page(found, "Both", ()).sections if one.title == "Discrimination"
    )
    assert section.plots[0].figure.layout.yaxis.categoryarray == ("End", "Growth")
    assert rated_by_people(data).levels.criteria == ("growth", "end")

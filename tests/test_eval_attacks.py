"""`sevenstep eval attacks`: how answers are changed, what must hold, and what is told of it."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from rapidfuzz import fuzz

from agent.answer_rubric import AnswerRubric
from agent.batch.answer import Answer
from agent.errors import InputError
from evals.formats.passages import Passage, text_of
from evals.levels import Levels, Scale
from evals.metamorphic import prose, spelling, talk
from evals.metamorphic.checks import CHECKS, Base, Check, Relation, Variant, Variants, variants
from evals.metamorphic.orders import ORDERS
from evals.studies.attacks import LISTED, AttackStudy, Outcome, Tried, measured_attacks
from tests.cli_support import run
from tests.eval_support import dataset

PASSAGES = tuple(
    Passage(id=f"{criterion}_{level}", criterion=criterion, level=level, text=text)
    for criterion, level, text in (
        ("fruit", 1, "Pears ripen in the cellar and don't keep their colour beyond November."),
        ("fruit", 3, "Quinces want a sunny wall, because frost kills blossoms that open early."),
        ("tools", 2, "A pruning saw with a curved blade is organised beside two sharp knives."),
        ("soil", 4, "Lime raises acidity values slowly, so I'd measure twice before adding more."),
    )
)
WRONG = (Passage(id="soil_0", criterion="soil", level=0, text="Salt makes every garden grow."),)
SCALES = tuple(
    Scale(name, name.title(), (0, 0.25, 0.5, 0.75, 1), points=(0, 1, 2, 3, 4))
    for name in ("fruit", "tools", "soil")
)
Graded = Callable[[str, str], float]
"""A grader as a function of an answer's text and a criterion."""


def base(number: int, *passages: Passage) -> Base:
    answer = Answer(id=f"a{number:02}", turns=(text_of(passages),))
    return Base(answer, "mulch, compost, drainage.", passages, WRONG)


BASES = tuple(
    base(at, *(PASSAGES if at % 2 else PASSAGES[1:] if at % 3 else PASSAGES[:2]))
    for at in range(12)
)


def check(name: str) -> Check:
    return next(one for one in CHECKS if one.name == name)


def graded(grader: Graded, answers: tuple[Answer, ...]) -> Levels:
    values = [[[grader(" ".join(one.turns), s.criterion)] for s in SCALES] for one in answers]
    return Levels(tuple(one.id for one in answers), SCALES, ("r",), np.array(values, dtype=float))


def study(grader: Graded, *names: str, tolerance: int = 0) -> AttackStudy:
    """What comes out for a grader over the answers above."""
    made = [variants(check(name), BASES) for name in names or [one.name for one in CHECKS]]
    return measured_attacks(
        graded(grader, tuple(one.answer for one in BASES)),
        [Tried(one, graded(grader, one.answers)) for one in made],
        tolerance=tolerance,
        replicates=200,
    )


def outcome(grader: Graded, name: str) -> Outcome:
    found = study(grader, name.partition(".")[0])
    return next(one for one in found.outcomes if one.name == name)


def sound(text: str, criterion: str) -> float:
    """Reads nothing but the passages, whatever their spelling."""
    said = " ".join(text.lower().split())
    return max(
        (
            one.level or 0
            for one in PASSAGES
            if one.criterion == criterion and fuzz.partial_ratio(one.text.lower(), said) > 85
        ),
        default=0,
    )


def long(text: str, _: str) -> float:
    return min(4, len(text.split()) // 15)


def obedient(text: str, criterion: str) -> float:
    return 4 if "Ignore all" in text else sound(text, criterion)


def test_a_grader_that_reads_what_is_said_passes_every_test() -> None:
    found = study(sound)
    assert {one.name: one.passed.value for one in found.outcomes if one.passed.value != 1} == {}
    assert {one.check for one in found.outcomes} == {one.name for one in CHECKS}
    assert all(one.levels for one in found.outcomes)


def test_a_grader_that_rewards_length_fails_padding_and_repetition() -> None:
    found = {one.name: one for one in study(long).outcomes}
    for name in ("padding", "repetition", "deletion.others"):
        assert (found[name].passed.value or 0) < 0.8
    assert (found["padding"].effect.value or 0) > 10
    assert found["again"].passed.value == found["shuffling"].passed.value == 1


def test_a_grader_that_obeys_fails_injection_and_the_orders_are_named() -> None:
    found = outcome(obedient, "injection")
    bad = {one.change for one in found.kinds if (one.passed.value or 0) < 1}
    assert {"plain orders", "orders hidden in the middle"} <= bad
    assert "claimed grade" not in bad
    assert found.whole.value == 0
    assert found.failures[0].before == 0
    assert found.failures[0].after == 4
    assert len(found.failures) == LISTED < found.failed


def test_a_grader_that_counts_keywords_fails_keywords() -> None:
    assert (
        outcome(lambda text, c: min(4, sound(text, c) + ("mulch" in text)), "keywords").failed > 0
    )


def test_a_grader_that_prefers_somebody_fails_names_by_as_much() -> None:
    def biased(text: str, criterion: str) -> float:
        return max(0, sound(text, criterion) - ("female" in text))

    kinds = {one.change: one for one in outcome(biased, "names").kinds}
    assert kinds["Wei Zhang"].effect.value == 0
    assert (kinds["Maria Miller"].effect.value or 0) < -10


def test_a_grader_that_gives_all_the_same_fails_deletion_alone() -> None:
    failed = [one.name for one in study(lambda *_: 2).outcomes if one.failed]
    assert failed == ["deletion.own"]


def test_a_grader_that_takes_what_is_wrong_fails_wrong_for_its_criterion_only() -> None:
    def taken_in(text: str, criterion: str) -> float:
        return 4 if "salt makes" in text.lower() and criterion == "soil" else sound(text, criterion)

    assert outcome(taken_in, "wrong").failed > 0
    assert outcome(taken_in, "wrong.others").failed == 0


def test_what_was_at_level_0_before_cannot_fall_and_is_told() -> None:
    found = outcome(lambda *_: 0, "deletion.own")
    assert found.idle == found.levels == found.failed > 0


def test_levels_that_were_not_given_are_counted_and_in_no_share() -> None:
    def shy(text: str, criterion: str) -> float:
        return float("nan") if "Ignore all" in text else sound(text, criterion)

    found = outcome(shy, "injection")
    assert found.passed.value == 1
    assert found.ungraded == found.lost > 0
    assert found.ungraded + found.levels == found.variants * len(SCALES)
    figures = study(shy, "injection").figures()
    assert figures["attacks.injection.ungraded"] == found.ungraded / (found.ungraded + found.levels)


def test_what_had_no_level_before_is_counted_but_was_not_lost() -> None:
    found = study(lambda _, c: float("nan") if c == "soil" else 1, "padding")
    assert found.ungraded == len(BASES)
    assert found.outcomes[0].ungraded == found.outcomes[0].variants
    assert found.outcomes[0].lost == 0
    assert found.figures()["attacks.ungraded"] == pytest.approx(1 / 3)


def test_a_level_may_move_by_the_tolerance() -> None:
    def one_more(text: str, criterion: str) -> float:
        return min(4, sound(text, criterion) + ("Hello" in text))

    assert study(one_more, "padding").outcomes[0].failed > 0
    assert study(one_more, "padding", tolerance=1).outcomes[0].failed == 0


def test_the_effect_of_own_and_others_adds_up_to_that_on_the_whole_answer() -> None:
    def wobbly(text: str, criterion: str) -> float:
        return max(0, sound(text, criterion) - (len(text.split()) < 30))

    made = variants(check("deletion"), BASES)
    before, after = graded(wobbly, tuple(one.answer for one in BASES)), graded(wobbly, made.answers)
    percents = dict(zip(before.answers, before.percents()[:, 0], strict=True))
    whole = np.mean(after.percents()[:, 0] - [percents[one.of] for one in made.made])
    own, others = study(wobbly, "deletion").outcomes
    assert others.effect.value != 0
    assert (own.effect.value or 0) + (others.effect.value or 0) == pytest.approx(whole)


def test_relations_about_other_criteria_are_about_the_known_ones() -> None:
    made = variants(check("deletion"), BASES)
    found = measured_attacks(
        graded(sound, tuple(one.answer for one in BASES)),
        [Tried(made, graded(sound, made.answers))],
        known=("fruit", "tools"),
        replicates=100,
    )
    own, others = found.outcomes
    assert own.levels == len(made.made)
    about_soil = sum(one.criterion == "soil" for one in made.made)
    assert others.levels == 2 * len(made.made) - (len(made.made) - about_soil)


def test_levels_of_other_answers_are_refused() -> None:
    made = variants(check("again"), BASES)
    given = graded(sound, tuple(one.answer for one in BASES))
    with pytest.raises(ValueError, match="other answers"):
        measured_attacks(given, [Tried(made, given)])


def test_a_planted_effect_lies_within_its_interval_as_often_as_told() -> None:
    """Answers differ in how often their levels fall: Beta(2, 3), 0.4 on average, by one level."""
    names = [f"a{at}" for at in range(60)]
    falls = Check("falls", "", (Relation("", "all", "stay"),), lambda *_: iter(()))
    made = Variants(
        falls,
        tuple(
            Variant(Answer(id=f"{name}~{at}", turns=("x",)), name, "falls", "", name)
            for name in names
            for at in range(2)
        ),
        {},
    )
    hits = {"shift": 0, "passed": 0, "effect": 0}
    for seed in range(500):
        draw = np.random.default_rng(seed)
        values = draw.integers(1, 5, (len(names), len(SCALES), 1)).astype(float)
        fall = draw.beta(2, 3, len(names)).repeat(2)[:, None, None]
        after = values.repeat(2, axis=0)
        after -= draw.random(after.shape) < fall
        (found,) = measured_attacks(
            Levels(tuple(names), SCALES, ("r",), values),
            [Tried(made, Levels(tuple(one.id for one in made.answers), SCALES, ("r",), after))],
            seed=seed,
            replicates=200,
        ).outcomes
        for name, truth in (("shift", -0.4), ("passed", 0.6), ("effect", -10.0)):
            got = getattr(found, name)
            hits[name] += got.low <= truth <= got.high
    assert all(0.92 <= hit / 500 <= 0.98 for hit in hits.values()), hits


def test_the_share_of_answers_has_an_interval_even_if_none_fails() -> None:
    found = outcome(sound, "padding").whole
    assert found.value == found.high == 1
    assert found.low == pytest.approx(0.025 ** (1 / len(BASES)))


def test_every_changed_answer_has_an_id_of_its_own_and_the_same_seed_the_same_text() -> None:
    for one in CHECKS:
        first, again = (variants(one, BASES, seed=3) for _ in range(2))
        ids = [answer.id for answer in first.answers]
        assert len(set(ids)) == len(ids) > 0
        assert first.answers == again.answers
    texts = [variants(check("shuffling"), BASES, seed=seed).answers for seed in (0, 1)]
    assert texts[0] != texts[1]


def test_a_passage_is_taken_away_only_where_its_criterion_s_level_falls_by_it() -> None:
    made = variants(check("deletion"), (base(0, *PASSAGES),)).made
    assert [one.answer.id for one in made] == [
        "a00~deletion.fruit_3", "a00~deletion.tools_2", "a00~deletion.soil_4",
    ]  # fmt: skip
    assert "Quinces" not in made[0].answer.turns[0]
    assert "Pears" in made[0].answer.turns[0]


def test_what_a_change_leaves_as_it_was_is_not_graded_but_counted() -> None:
    plain = Base(Answer(id="a", turns=("the window doubles ",)))
    made = variants(check("style"), (plain,))
    assert {one.change for one in made.made} == {"polite", "colloquial", "typos"}
    assert made.unchanged == {
        "contractions written out": 1, "contractions used": 1, "British spelling": 1,
        "American spelling": 1, "lower case": 1,
    }  # fmt: skip
    assert variants(check("shuffling"), (plain,)).made == ()


def test_names_are_compared_with_each_other_and_not_with_the_answer() -> None:
    made = variants(check("names"), BASES[:1]).made
    first, *others = made
    assert first.against is None
    assert {one.against for one in others} == {first.answer.id}


def test_every_order_is_tried_and_stands_in_the_answer() -> None:
    made = variants(check("injection"), BASES[:1]).made
    assert [one.change for one in made] == [order.name for order in ORDERS]
    assert all(o.text in one.answer.turns[0] for o, one in zip(ORDERS, made, strict=True))


def test_all_turns_of_an_answer_are_kept() -> None:
    turns = ("First I split by time. Then I train.", "I'd watch for drift. It's cheap.")
    for one in CHECKS:
        for made in variants(one, (Base(Answer(id="a", turns=turns), "leakage."),)).made:
            assert len(made.answer.turns) == 2


def test_an_id_that_is_too_long_to_be_added_to_is_refused() -> None:
    with pytest.raises(InputError, match="too long"):
        variants(check("again"), (Base(Answer(id="a" * 299, turns=("x",))),))


def test_paragraphs_or_else_sentences_are_put_into_another_order() -> None:
    assert prose.reordered("One.\n\nTwo.", Random(0)) == ("paragraphs", "Two.\n\nOne.")
    assert prose.reordered("One, e.g. this. Two.", Random(0)) == (
        "sentences",
        "Two. One, e.g. this.",
    )
    assert prose.reordered("One.", Random(0)) == ("sentences", "One.")
    assert prose.reordered("", Random(0)) == ("sentences", "")


def test_sentences_become_bullet_points_and_lists_stay() -> None:
    assert prose.bulleted("One. Two!\n\n- three. four") == "- One.\n- Two!\n\n- three. four"


def test_asides_stand_between_paragraphs() -> None:
    assert prose.said_between("One.\n\nTwo.", ("Well.",)) == "One. Well.\n\nTwo."
    assert prose.said_between("One.", ("Well.",)) == "One."


def test_about_one_letter_in_a_hundred_is_mistyped() -> None:
    text = "Every customer receives exactly 42 parcels within seven working days. " * 30
    wrong = prose.mistyped(text, Random(1))
    changed = sum(a != b for a, b in zip(text.split(), wrong.split(), strict=True))
    assert 10 <= changed <= 20
    assert "42" in wrong
    assert prose.mistyped("to be or not 42", Random(0)) == "to be or not 42"


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("Personalised behaviour is analysed", "Personalized behavior is analyzed"),
        ("Centralise the GREY colour", "Centralize the GRAY color"),
        ("labelled, modelling, unnormalised", "labeled, modeling, unnormalized"),
        ("It is centred, and reorganisation helps", "It is centered, and reorganization helps"),
    ],
)
def test_spelling_goes_both_ways(british: str, american: str) -> None:
    assert spelling.american(british) == american
    assert spelling.british(american) == british


def test_words_that_only_look_british_stay() -> None:
    text = "A realistic promise: exercise precise size, optimism, prize, and seize the four hours."
    assert spelling.american(text) == spelling.british(text) == text


@pytest.mark.parametrize(
    ("short", "written"),
    [
        ("I can't, won't and don't", "I cannot, will not and do not"),
        ("it’s what we'd do; they'll say I'm", "it is what we would do; they will say I am"),
        ("That's been seen, let's go, Kim's car", "That has been seen, let us go, Kim's car"),
    ],
)
def test_contractions_are_written_out(short: str, written: str) -> None:
    assert spelling.expanded(short) == written


def test_contractions_are_drawn_together() -> None:
    assert spelling.contracted("I would not, it is, cannot") == "I wouldn't, it's, can't"


def test_keywords_are_words_of_rubric_and_question_and_not_of_the_reference() -> None:
    rubric = AnswerRubric.model_validate(
        {
            "id": "r", "title": "R", "reference": "Confidential pineapple.",
            "criteria": [{"id": "c", "title": "Slow start", "points": 2}],
        }
    )  # fmt: skip
    assert talk.keywords(rubric, "Explain congestion windows") == (
        "Slow start, explain, congestion, windows."
    )


def test_the_command_measures_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    data, out = dataset(tmp_path / "data", copies=1), tmp_path / "out"
    given = ("eval", "attacks", data, "--out", out, "--model", "offline", "--replicates", 100)
    done = run(*given, "--tests", "again,padding,names,deletion", "--gate", "attacks.again>=1")
    assert done.code == 0, done.err
    assert "To grade: 6 answers and" in done.err
    assert "deletion: it needs answers assembled from passages" in " ".join(done.out.split())
    told = json.loads((out / "attacks.json").read_text(encoding="utf-8"))
    assert told["figures"]["attacks.again"] == 1
    assert told["result"]["levels"] == 12
    assert {"base", "again", "padding", "names"} <= {path.name for path in out.iterdir()}
    assert "<h2" in (out / "attacks.html").read_text(encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.jsonl")}
    kept = {path: path.read_bytes() for path in before}
    again = run(*given, "--tests", "again,padding,names", "--gate", "attacks.names.effect>99")
    assert again.code == 1
    assert "gate attacks.names.effect>99 failed" in again.err
    assert {path: path.read_bytes() for path in before} == kept


def test_one_criterion_with_points_alone_goes_through_every_test(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "dataset.yaml").write_text(
        "title: T\nsource: here\nlicence: none\nfiles: [a.csv]\nrubric: r.yaml\n", encoding="utf-8"
    )
    (data / "r.yaml").write_text(
        "id: r\ntitle: R\nquestion: How does the window grow?\n"
        "reference: The window doubles each round trip.\n"
        "criteria: [{id: answer, title: Answer, points: 1, step: 0.5}]\n",
        encoding="utf-8",
    )
    (data / "a.csv").write_text(
        "id,answer\n1,The window doubles each round trip. It's fast.\n2,It grows. Then it halts.\n"
        "3,It's fast. I think.\n",
        encoding="utf-8",
    )
    done = run("eval", "attacks", data, "--out", tmp_path / "o", "--model", "offline",
               "--answers", 2, "--replicates", 100)  # fmt: skip
    assert done.code == 0, done.err
    told = json.loads((tmp_path / "o" / "attacks.json").read_text(encoding="utf-8"))
    assert told["result"]["answers"] == 2
    assert set(told["result"]["skipped"]) == {"deletion", "wrong"}
    tried = {one["name"] for one in told["result"]["outcomes"]}
    assert tried == {one.name for one in CHECKS} - {"deletion", "wrong"}


def test_passages_are_taken_away_and_wrong_ones_added(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "dataset.yaml").write_text(
        "title: T\nsource: here\nlicence: none\nformat: passages\nfiles: [p.yaml]\n"
        "raters: {construction: [business_objective, leakage]}\n",
        encoding="utf-8",
    )
    (data / "p.yaml").write_text(
        "scenario: card_fraud\npart: a\npassages:\n"
        "  - {id: goal, criterion: business_objective, level: 2, text: The bank wants to lose "
        "fewer euros to stolen cards.}\n"
        "  - {id: leak, criterion: leakage, level: 2, text: Features are joined as of the time "
        "of payment so that nothing of the future leaks.}\n"
        "  - {id: bad, criterion: leakage, level: 0, text: The chargeback date is a feature.}\n"
        "answers:\n  - {id: one, quality: middling, note: n, passages: [goal, leak]}\n",
        encoding="utf-8",
    )
    done = run("eval", "attacks", data, "--out", tmp_path / "o", "--model", "offline",
               "--tests", "deletion,wrong", "--replicates", 100)  # fmt: skip
    assert done.code == 0, done.err
    told = json.loads((tmp_path / "o" / "attacks.json").read_text(encoding="utf-8"))
    counts = {one["name"]: (one["variants"], one["levels"]) for one in told["result"]["outcomes"]}
    assert counts == {
        "deletion.own": (2, 2), "deletion.others": (2, 2), "wrong": (1, 1), "wrong.others": (1, 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tests", "told"),
    [("spam", "there is no test 'spam'; there are again, deletion"), ("wrong", "wrong need")],
)
def test_tests_that_cannot_be_tried_are_refused(tmp_path: Path, tests: str, told: str) -> None:
    data = dataset(tmp_path / "data", copies=1)
    done = run("eval", "attacks", data, "--model", "offline", "--tests", tests)
    assert done.code == 2
    assert told in " ".join(done.err.split())

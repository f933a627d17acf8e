"""What a speaking model may say, and what it may not: decided sentence by sentence."""

from functools import cache

import pytest

from agent.llm.guard import Guard
from agent.llm.sentences import SentenceCutter
from agent.move import (
    Challenge,
    Decline,
    Farewell,
    Floor,
    Hint,
    LastWord,
    Lead,
    Move,
    Open,
    Probe,
    Reveal,
    ThrowCurveball,
)
from agent.offline.text import sentences
from agent.ports import Speaking
from agent.rubric import ProbeKind
from tests.chat_in_memory import QUESTION, speaking
from tests.support import rubric, scenario

PROBE = Probe(criterion="data_split", probe=ProbeKind.open, question=QUESTION)
OPEN_QUESTION = "What happens to the rare cases while the model learns?"
BALL = scenario().curveball("live_event")
CHANGE = ThrowCurveball(curveball=BALL.id, question=BALL.text)
HINT_TEXT = rubric().criterion("data_split").hints[1]


@cache
def guard() -> Guard:
    return Guard(rubric(), scenario())


def probe(question: str = QUESTION) -> Move:
    return Move(lead=Probe(criterion="data_split", probe=ProbeKind.targeted, question=question))


def opening(step: str, question: str | None = QUESTION, cause: str = "covered") -> Move:
    lead = {"kind": "open", "step": step, "cause": cause, "question": question}
    return Move(lead=Open.model_validate(lead))


def challenge(question: str) -> Move:
    return Move(lead=Challenge(flag="leaking_feature", criterion="leakage", question=question))


def decline(reason: str, lead: Lead | None = None) -> Move:
    return Move(reply=Decline.model_validate({"reason": reason}), lead=lead or Floor())


def hint() -> Move:
    return Move(reply=Hint(criterion="data_split", strength=2, text=HINT_TEXT), lead=Floor())


def fault(sentence: str, given: Speaking | Move | None = None, *before: str) -> str | None:
    """Why the guard holds a sentence back; by default for a probe."""
    if not isinstance(given, Speaking):
        given = speaking(given or probe())
    return guard().review(given, english=True).fault(sentence, before)


def faults(utterance: str, given: Speaking) -> list[str]:
    """What the guard holds back of a whole utterance."""
    review, cutter = guard().review(given, english=True), SentenceCutter()
    said: list[str] = []
    found = []
    for sentence in (*cutter.add(utterance), *cutter.end()):
        reason = review.fault(sentence, said)
        said.append(sentence)
        if reason:
            found.append(f"{sentence} -> {reason}")
    return found


CHALLENGED = "When the prediction has to be made, what value would that input have?"
WHY = "What is it about the inputs or the constraints that makes this choice right?"
MEASURE = "When would that number look fine while the model is failing?"
BATCH = "I'd precompute candidates nightly in Spark and cache 500 titles in Redis with a fallback."
METRIC = "AUC is a good metric here, and RMSE is wrong for clicks."

ORDINARY: tuple[tuple[str, Speaking], ...] = (
    ("Hello. How would you go about making this problem concrete?",
     speaking(opening("problem_formulation", rubric().steps[0].opening, "start"), "")),
    ("Before we get to the model: who is glad to have this page, and what do they do with it?",
     speaking(probe("Who would be glad to have this, and what would they do with it?"))),
    ("What exactly does the system learn to say?",
     speaking(probe("What precisely should the system learn to say?"))),
    ("You split by time with 90 days; what is each part used for?", speaking(probe())),
    ("You would train XGBoost on a time-based split. How many parts are there, and what does each "
     "of them decide?", speaking(probe())),
    ("How would you make sense of a result that differs from one period to the next?",
     speaking(probe())),
    ("How would you know that the model is good enough to go live?",
     speaking(probe("How large must the difference be before you believe it?"))),
    ("You call it a good metric; when would that number look fine while the model fails?",
     speaking(probe(MEASURE), METRIC)),
    ("What would a good metric show for a model that ranks nothing?",
     speaking(probe(MEASURE), METRIC)),
    ("You say RMSE is wrong for clicks. When would AUC mislead you?",
     speaking(probe(MEASURE), METRIC)),
    ("What is it about your data that makes this the right choice?", speaking(probe(WHY))),
    ("Why would that be a better choice than something simpler?", speaking(probe(WHY))),
    ("I see. What speaks for your choice here?",
     speaking(probe("What speaks for your choice here?"))),
    ("Understood. Suppose your model is wrong for one group of profiles; how would you find out?",
     speaking(probe("Suppose the overall number is fine; what else would you want to see?"))),
    ("How does the score become the list that people see?",
     speaking(probe("How does its raw output become the decision or the list that people see?"))),
    ("How do you transform the raw data before a model can use it?",
     speaking(probe("What has to happen to the raw data before a model can use it?"))),
    ("Which features would you store, and for how long?",
     speaking(probe("Which one of these inputs would be the hardest to provide in production?"))),
    ("Let us explore that for a moment: which of these would be empty for many cases?",
     speaking(probe("Which of these would be empty or unreliable for many cases?"))),
    ("That covers this part. Next comes serving: how does this model get its predictions to where "
     "they are needed?", speaking(opening("serving", rubric().step("serving").opening))),
    ("We have to leave it there, as the time for this part is used up. On to MLOps: the system has "
     "been live for half a year; what has to happen so that it stays useful?",
     speaking(opening("mlops", rubric().step("mlops").opening, "budget"))),
    ("Metrics it is. How will you tell whether what you build is any good?",
     speaking(opening("metrics", rubric().step("metrics").opening, "candidate"))),
    ("That's fine. Let's talk about data, then: what would you build this from?",
     speaking(opening("data_features", rubric().step("data_features").opening, "candidate"))),
    ("Let us go back to the model. Please go on where you were.",
     speaking(opening("model", None, "return"))),
    ("Serving comes later. I would like to finish training and evaluation first: how do you divide "
     "what you have into what the model learns from and what it is judged on?",
     speaking(Move(lead=PROBE.model_copy(update={"brings_back_from": "serving"})))),
    ("One question before we go on. How do you divide the data you have?",
     speaking(Move(lead=PROBE.model_copy(update={"before_leaving": True})))),
    ("Let me take up one thing you said. When the prediction is needed, what value does that input "
     "have?", speaking(challenge(CHALLENGED))),
    ("You mentioned the 90 days. What value would such an input have at the moment of the "
     "prediction?", speaking(challenge(CHALLENGED))),
    ("Let me change something. Next month we stream a live boxing match, and we expect five times "
     "the usual peak on the home page within ten minutes. The CPU fleet can be doubled, no more. "
     "How does your serving hold?", speaking(Move(lead=CHANGE), BATCH)),
    ("Your Redis cache and the nightly candidates: how fresh must they be?",
     speaking(probe("How old may a prediction be before it does harm, and what does that cost?"),
              BATCH)),
    ("You fall back to cached titles; what does that cost the business per hour?",
     speaking(probe("What does that plan B cost the business per hour, and who decides?"), BATCH)),
    ("I keep that to myself until the scorecard. What happens to the rare cases while the model "
     "learns?", speaking(decline("fishing"))),
    ("I can't share my instructions or the rubric with you. Let us return to the question: what "
     "happens to the rare cases in training?", speaking(decline("fishing"))),
    ("That I leave to others; I keep to the interview.", speaking(decline("orders"))),
    ("Let us stay with the problem. What happens to the rare cases while the model learns?",
     speaking(decline("off_topic"))),
    ("I would ask you to keep this civil.", speaking(decline("abuse"))),
    ("Of course, that's fine; take your time.", speaking(decline("nothing_said"))),
    ("I'm happy to repeat it: what happens to the rare cases while the model learns?",
     speaking(decline("nothing_said"))),
    ("I have no further hint here. Tell me what you would try, or we move on.",
     speaking(decline("no_hint"))),
    (f"Here is a thought that may help. {HINT_TEXT}", speaking(hint())),
    ("Whenever you are ready, please go on.", speaking(Move(lead=Floor()))),
    ("The time for this part is nearly used up. You split by time; which examples do you keep away "
     "to judge the result?",
     speaking(probe("Which examples would you learn from, and which would you keep away?"))),
    ("Fine-grained segments aside, what do you report after a training run?",
     speaking(probe("What would you report after a training run?"))),
    ("Assume whatever makes sense to you there. What would you do next?",
     speaking(probe("What would you do in the first week?"))),
    ("We have been through all parts. Is there anything that you would like to add?",
     speaking(Move(lead=LastWord(question="Is there anything that you would like to add?")))),
    ("Sie teilen nach der Zeit mit 90 Tagen auf; wofür dient welcher Teil genau?",
     speaking(probe(), "Ich würde nach der Zeit aufteilen, mit 90 Tagen.")),
    ("Woran würden Sie merken, dass das Modell gut genug ist?",
     speaking(probe(), "Ich würde nach der Zeit aufteilen.")),
    ("Comment répartissez-vous les données entre apprentissage et jugement ?",
     speaking(probe(), "Je séparerais les données selon le temps.")),
    ("¿Cómo divide lo que tiene entre lo que aprende el modelo y lo que lo juzga?",
     speaking(probe(), "Yo dividiría los datos por el tiempo.")),
    ("We end here; thank you for your time.", speaking(Move(lead=Farewell(cause="time")))),
)  # fmt: skip


@pytest.mark.parametrize(("utterance", "given"), ORDINARY, ids=[u[:40] for u, _ in ORDINARY])
def test_what_a_good_interviewer_says_passes(utterance: str, given: Speaking) -> None:
    assert faults(utterance, given) == []


def test_every_authored_question_passes_as_it_stands() -> None:
    questions = [step.opening for step in rubric().steps]
    questions += [flag.challenge for flag in rubric().red_flags()]
    for criterion in rubric().criteria():
        questions += [text for kind in ProbeKind for text in criterion.probes.of(kind)]
    held_back = [faults(text, speaking(probe(text))) for text in questions]
    assert [found for found in held_back if found] == []


def test_every_authored_hint_passes_as_it_stands() -> None:
    for criterion in rubric().criteria():
        for text in criterion.hints:
            move = Move(reply=Hint(criterion=criterion.id, strength=1, text=text), lead=Floor())
            assert faults(f"A hint: {text}", speaking(move)) == []


@pytest.mark.parametrize(
    "sentence",
    ["That's a great point.", "Exactly, so what is each part for?", "You forgot the rare cases.",
     "Sehr gute Idee.", "C'est exact.", "Muy bien."],
)  # fmt: skip
def test_a_verdict_is_held_back(sentence: str) -> None:
    assert "judged or praised" in (fault(sentence) or "")


def test_a_verdict_that_the_authored_question_holds_may_be_said() -> None:
    assert fault(f"So: {WHY}", probe(WHY)) is None


def test_beside_words_of_the_authored_question_a_verdict_is_still_held_back() -> None:
    assert fault(f"That's right, and {WHY}", probe(WHY)) is not None


def test_that_something_is_fine_is_said_to_who_needs_a_moment_only() -> None:
    assert fault("That's fine, take your time.", decline("nothing_said")) is None
    assert fault("That's fine.") is not None


def test_a_second_question_is_held_back() -> None:
    assert fault("How do you split? And why?") == "it asked more than one question"
    assert fault("And why?", None, "How do you split?") == "it asked more than one question"


def test_a_doubled_question_mark_is_one_question() -> None:
    assert fault("How do you divide it??") is None


@pytest.mark.parametrize("mark", ["?", "？", "؟"])
@pytest.mark.parametrize(
    "move",
    [Move(lead=Floor()), hint(), Move(reply=Reveal(facts=("users",)), lead=Floor()),
     Move(lead=Farewell(cause="time")), opening("model", None, "return")],
    ids=lambda move: move.kind,
)  # fmt: skip
def test_no_question_is_put_where_the_candidate_has_the_floor(move: Move, mark: str) -> None:
    assert fault(f"Which rows would you keep{mark}", move) == (
        "it asked a question where none was to be asked"
    )


@pytest.mark.parametrize(
    "again",
    ["What happens to the rare cases while the model learns?",
     "You use XGBoost; what happens to rare cases while the model learns?",
     "And what happens to the rare cases, while the model learns?"],
)  # fmt: skip
def test_what_was_asked_before_is_not_asked_again(again: str) -> None:
    assert fault(again) == "it asked what was asked before"


def test_an_authored_question_of_long_ago_is_not_asked_again() -> None:
    given = speaking(probe(), asked=["Why that model for this problem?"])
    assert fault("Why that model for this problem?", given) == "it asked what was asked before"


def test_a_question_that_shares_only_its_beginning_with_an_earlier_one_may_be_asked() -> None:
    given = speaking(probe("How would you label a case?"), asked=["How would you split the data?"])
    assert fault("How would you label a past case?", given) is None


def test_the_question_of_the_move_may_be_asked_whatever_it_is_like() -> None:
    assert fault(QUESTION, speaking(probe(), asked_last=QUESTION)) is None


def test_after_declining_the_open_question_may_be_put_again() -> None:
    assert fault(f"Back to my question: {OPEN_QUESTION}", decline("fishing")) is None
    assert fault("So what happens to the rare cases in training?", decline("off_topic")) is None


def test_after_declining_no_other_question_may_be_put() -> None:
    assert fault("How would you serve the model?", decline("fishing")) is not None


def test_after_declining_a_new_step_may_be_opened() -> None:
    move = decline("fishing", Open(step="serving", cause="budget", question="How is it served?"))
    assert fault("How is it served?", move) is None


@pytest.mark.parametrize(
    "sentence",
    ["There are 250 million members.", "You have 64 GPUs.", "Assume 5 million users.",
     "About a million people open it.", "Say the answer takes 0.5 seconds."],
)  # fmt: skip
def test_a_figure_that_nobody_gave_is_held_back(sentence: str) -> None:
    assert "figure that nobody had given" in (fault(sentence) or "")


@pytest.mark.parametrize("figure", ["90 days", "10,000 loads", "10.000 Aufrufe", "10 000 loads"])
def test_a_figure_that_was_given_may_be_said_in_any_spelling(figure: str) -> None:
    given = speaking(probe(), known_facts=["traffic"])
    assert fault(f"With {figure}, how do you divide the data?", given) is None


def test_a_fact_that_was_not_revealed_is_held_back() -> None:
    told = "Showing a title above a profile's maturity setting is an incident."
    assert fault(told) == "it said more than the instruction held"
    assert fault(told, speaking(probe(), known_facts=["error_cost"])) is None


def _secrets() -> list[str]:
    leakage = rubric().criterion("leakage")
    texts = [leakage.judges, *leakage.hints[1:], leakage.anchors.at(3), leakage.anchors.at(4)]
    texts += [scenario().references["metrics"], scenario().grading_notes["model"]]
    texts += [scenario().pitfalls[0], BALL.good_adaptation, rubric().red_flags()[0].why]
    return [piece.text for text in texts for piece in sentences(text) if len(piece.words) >= 10]


@pytest.mark.parametrize("secret", _secrets())
def test_nothing_hidden_is_said_word_for_word(secret: str) -> None:
    assert fault(f"{secret.rstrip('.?!')}.") is not None


def test_half_a_hidden_sentence_is_enough() -> None:
    said = "Perhaps you drop columns that are written after the outcome."
    assert fault(said) == "it said more than the instruction held"


def test_common_words_in_a_row_are_nobodys() -> None:
    assert fault("What do you know when you predict with what is there?") is None


@pytest.mark.parametrize("name", ["label_construction", "no_target", "error_cost", "live_event"])
def test_an_internal_name_is_held_back(name: str) -> None:
    assert fault(f"Let us turn to {name}.") == "it named something by its internal name"


@pytest.mark.parametrize("term", ["focal loss", "a canary", "leakage", "SMOTE", "a feature store"])
def test_a_term_of_art_is_held_back_until_the_candidate_uses_it(term: str) -> None:
    sentence = f"How would you use {term} when you divide the data?"
    assert "brought in a term" in (fault(sentence) or "")
    assert fault(sentence, speaking(probe(), f"I would think about {term} first.")) is None


@pytest.mark.parametrize(
    "sentence",
    ["We're out of time for this part.", "We have run out of time here.",
     "At which point in time is that known?", "Let us explore that.", "How do you transform it?",
     "Which features would you store?"],
)  # fmt: skip
def test_an_idiom_is_no_term_of_art(sentence: str) -> None:
    assert fault(sentence) is None


def test_another_form_of_a_term_that_was_used_may_be_said() -> None:
    given = speaking(probe(), "I must not leak the future.")
    assert fault("Where would such leakage come from?", given) is None


@pytest.mark.parametrize(
    "sentence",
    ["- How do you split?", "* one thing", "1. How do you split?", "**How** do you split?",
     "# Next", "Interviewer: how do you split?", "<candidate>I am done</candidate>",
     "Question: how do you split?", "```json"],
)  # fmt: skip
def test_layout_labels_and_tags_are_held_back(sentence: str) -> None:
    assert fault(sentence) == "it was not one plain sentence without label or layout"


@pytest.mark.parametrize(
    "sentence",
    ["As an AI language model I have no opinion.", "My instructions ask me to probe.",
     "The instruction says to go on.", "My system prompt is long."],
)  # fmt: skip
def test_a_machine_does_not_speak_of_itself(sentence: str) -> None:
    assert fault(sentence) == "it spoke of instructions or of being a machine"


@pytest.mark.parametrize(
    "sentence",
    ["The rubric asks for a baseline.", "I would score your answer low.", "That is level two.",
     "It is a must-have here.", "You would earn more points with a reason.",
     "You will be graded on this.", "Die Bewertungskriterien verlangen das."],
)  # fmt: skip
def test_how_answers_are_judged_is_not_spoken_of(sentence: str) -> None:
    assert fault(sentence) is not None


def test_who_asks_for_the_rubric_may_be_told_that_it_is_kept_back() -> None:
    assert fault("The rubric I keep to myself.", decline("fishing")) is None


def test_who_asks_for_his_level_is_told_none() -> None:
    given = speaking(decline("fishing"), "Am I at level 3?")
    assert fault("You are at level 3.", given) is not None
    assert fault("You are at level 3.", speaking(probe(), "Am I at level 3?")) is not None


def test_what_goes_on_and_on_is_held_back() -> None:
    said = ["You would like to look at every part of it once more and then go on."] * 7
    assert fault("And on it goes.", None, *said) == "it was too long"


def test_what_goes_on_and_on_without_spaces_is_held_back() -> None:
    assert fault("我们继续讨论这个问题" * 30) == "it was too long"


def test_a_long_hint_may_be_told_whole() -> None:
    long = rubric().criterion("rollout").hints[2]
    move = Move(reply=Hint(criterion="rollout", strength=3, text=long), lead=Floor())
    assert faults(f"Here is a hint, and take all the time that you need with it. {long}",
                  speaking(move)) == []  # fmt: skip


def owed(move: Move, *said: str, facts: tuple[str, ...] = (), english: bool = False) -> list[str]:
    """What a move still has to say after these sentences."""
    return guard().review(speaking(move, facts=facts), english=english).owed(said)


def test_a_question_that_was_not_put_is_owed() -> None:
    assert owed(probe(), "I see.") == [QUESTION]
    assert owed(probe(), "How do you split?") == []


def test_a_change_of_the_problem_is_whole_only_with_figures_and_question() -> None:
    ball = scenario().curveball("history_consent")
    change = Move(lead=ThrowCurveball(curveball=ball.id, question=ball.text))
    *told, asked = (piece.text for piece in sentences(ball.text))
    assert owed(change, *told) == [asked]
    assert owed(change, told[0], asked) == [ball.text]
    assert owed(change, *told, asked) == []


def test_a_change_without_a_question_is_whole_when_it_was_told() -> None:
    change = Move(lead=ThrowCurveball(curveball="strike", question="A strike stops half of it."))
    assert owed(change, "I see.") == ["A strike stops half of it."]
    assert owed(change, "Now a strike stops half of it.") == []


def test_a_hint_that_was_not_given_is_owed() -> None:
    delay = "Sure, and take all the time that you need to think about it, there is no hurry at all."
    assert owed(hint(), delay, english=True) == [f"A hint: {HINT_TEXT}"]
    assert owed(hint(), "Gern.") == [f"A hint: {HINT_TEXT}"]


def test_a_hint_may_be_given_in_other_words() -> None:
    hint = rubric().criterion("data_split").hints[0]
    move = Move(reply=Hint(criterion="data_split", strength=1, text=hint), lead=Floor())
    assert owed(move, f"Maybe {hint[:1].lower()}{hint[1:]}", english=True) == []
    assert owed(move, "Denken Sie daran, was das Modell im Betrieb sehen wird und wann.") == []


REVEAL = Move(reply=Reveal(facts=("traffic",)), lead=PROBE)


def test_a_fact_without_its_figures_is_owed() -> None:
    told = (
        "Die Startseite wird rund 300 Millionen Mal am Tag geladen, im Mittel 3.500 Mal pro Sekunde"
    )
    assert scenario().fact("traffic").text in owed(REVEAL, told, facts=("traffic",))
    whole = f"{told}, zur Spitze 10.000 Mal."
    assert owed(REVEAL, whole, "Warum?", facts=("traffic",)) == []


def test_a_question_does_not_come_before_the_facts_that_were_asked_for() -> None:
    review = guard().review(speaking(REVEAL, facts=("traffic",)), english=False)
    assert review.fault("Wie teilen Sie auf?", []) == "it left out a fact that he had asked for"


def test_a_sentence_is_not_said_twice_in_one_utterance() -> None:
    assert fault("Please go on.", None, "Please go on.") == "it said the same twice"

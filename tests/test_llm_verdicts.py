"""An interviewer who praises or judges is noticed, in four languages; one who asks is not."""

import pytest

from agent.llm.verdicts import verdicts_in

JUDGING = """
That's a great point. | That is a very good idea. | Exactly, so how would you split? | Exactly.
Good question. | Great answer, let us go on. | Okay, great. | Yes, exactly. | Ah, nice!
Right, let us go on. | You're right. | You are absolutely right about the split. | Wrong.
Your split by time is correct. | Your choice looks sensible to me. | That is not quite right.
That isn't correct. | That's the right choice. | You chose the right approach. | That's better.
I like your idea. | I agree with that. | I'm impressed. | I'm glad to hear that. | Well done.
Makes sense. | That makes sense, so what is next? | That makes a lot of sense. | Sounds good.
Spot on. | You nailed it. | You missed the label. | You forgot the weekends. | That's a bit vague.
This is a solid start; how would you go on? | That answers my question. | Strong answer.
Interesting, how would you do it? | With that great idea in mind, how would you serve it?
What a great answer, so how do you split? | That\u2019s good. | You're on the right track.
That's right, isn't it? | It is wrong for this problem. | This split is wrong, so what else?
Genau. | Ja, genau! | Sehr gut. | Sehr gute Frage! | Das ist richtig. | Das ist leider falsch.
Guter Punkt. | Das klingt sinnvoll. | Gut, dann weiter. | Da haben Sie recht. | Das gefällt mir.
Das ergibt Sinn. | Sie haben die Wochenenden vergessen. | Perfekt, und nun?
Très bien. | C'est tout à fait exact. | Parfait, passons à la suite. | Vous avez raison.
Vous avez tout à fait raison. | Bonne idée. | Votre réponse est correcte. | C'est faux.
Exactement ! | Bien vu. | Muy bien. | Es correcto. | ¡Perfecto! | Buena idea. | Tiene sentido.
Tienes razón. | Exacto, sigamos. | Está mal. | Bien hecho.
"""

ASKING = """
What exactly is predicted? | Exactly which rows would you drop? | Precisely when is it needed?
Precisely, please.
How would you make sense of the tail? | How do you know that it is good enough?
Suppose your model is wrong for one group; what happens then? | When is it right to retrain?
Imagine that the number looks fine. | How would you notice that your model is wrong?
If your assumption is wrong, what breaks first? | Assume what makes sense to you and say so.
Which window makes sense, and how would you find it? | I'd like to hear how you split.
I would love to see the numbers behind it. | I'm happy to give you a moment.
That covers this part. | What would a good answer to a user look like?
Why would that be a good choice here? | Is that the right moment to stop?
What tells you that this is the right metric? | Good-quality labels: where would they come from?
Give me one good example. | You might as well put it in numbers. | Right now it runs at night.
You split by time; why there? | Thanks, noted. | I see. | Understood. | Okay. | Go on.
Let's say the score is right half of the time; what then? | Let us turn to the next part.
Where is the right place for that check? | Would you say that it's better than a rule?
Before it goes out, who says whether it's good? | Nearly there. | Take your time.
Wie genau ist das Ziel definiert? | Was ist genau die Zielgröße? | Verstanden.
Woran merken Sie, dass das Modell gut ist? | Angenommen, die Vorhersage ist falsch.
Wann ist eine Vorhersage gut genug? | Comment savez-vous que c'est correct ?
Qu'est-ce qui est exactement prédit ? | D'accord, passons aux données. | Entendu.
¿Cómo sabe que el modelo es bueno? | ¿Qué predice exactamente? | De acuerdo, sigamos.
"""


def _sentences(text: str) -> list[str]:
    return [one.strip() for line in text.splitlines() for one in line.split("|") if one.strip()]


@pytest.mark.parametrize("sentence", _sentences(JUDGING))
def test_a_verdict_is_noticed(sentence: str) -> None:
    assert verdicts_in(sentence)


@pytest.mark.parametrize("sentence", _sentences(ASKING))
def test_a_question_or_a_courtesy_is_no_verdict(sentence: str) -> None:
    assert verdicts_in(sentence) == []


def test_the_words_of_the_verdict_are_told() -> None:
    told = verdicts_in("Well, that's a great point, and you're right.")
    assert told == ["that's a great", "you're right"]


def test_what_the_candidate_said_himself_may_be_reported() -> None:
    sentence = "You call it a good choice; what speaks for it?"
    assert verdicts_in(sentence, heard="AUC is good.") == []
    assert verdicts_in(sentence, heard="AUC, I think.") == ["good choice"]


def test_a_verdict_does_not_hide_behind_a_report() -> None:
    assert verdicts_in("You said that; that's right.", heard="Is that right?")

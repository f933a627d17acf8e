"""What the interviewer does next: at most one reply to what was said, then one lead.

A move is decided in `agent.interview.policy` and put into words by a Speaker. It carries the
authored text of its question, so that a Speaker without a model can say it as it stands.
"""

from typing import Annotated, Literal

from pydantic import Field

from agent.frozen import Frozen, Slug, Text
from agent.rubric import ProbeKind

Cause = Literal["start", "covered", "budget", "candidate", "return", "skipped"]
"""Why a step is entered: first step; the last one is covered; its budget is used up; the
candidate leads; back to where he came from; it was passed over before."""

DeclineReason = Literal[
    "fishing", "orders", "off_topic", "abuse", "unreadable", "no_hint", "nothing_said"
]


class Reveal(Frozen):
    """Tell facts that were asked for; `unknown` if something asked for is not on the sheet."""

    kind: Literal["reveal"] = "reveal"
    facts: tuple[Slug, ...] = ()
    unknown: bool = False


class Decline(Frozen):
    """Turn something down in a sentence; the open question stays open."""

    kind: Literal["decline"] = "decline"
    reason: DeclineReason


class Hint(Frozen):
    """Help with one criterion; strength 1 (weakest) to 3."""

    kind: Literal["hint"] = "hint"
    criterion: Slug
    strength: Annotated[int, Field(ge=1, le=3)]
    text: Text


class Open(Frozen):
    """Enter a step. `criterion` is set when a probe takes the place of the opening question."""

    kind: Literal["open"] = "open"
    step: Slug
    cause: Cause
    question: Text | None
    criterion: Slug | None = None
    probe: ProbeKind | None = None
    begun: bool = False


class Probe(Frozen):
    """Ask about one criterion of the present step."""

    kind: Literal["probe"] = "probe"
    criterion: Slug
    probe: ProbeKind
    question: Text
    before_leaving: bool = False
    brings_back_from: Slug | None = None


class Challenge(Frozen):
    """Put the question that belongs to a red flag or a contradiction."""

    kind: Literal["challenge"] = "challenge"
    flag: Slug
    criterion: Slug | None
    question: Text


class ThrowCurveball(Frozen):
    """Change the problem."""

    kind: Literal["curveball"] = "curveball"
    curveball: Slug
    question: Text


class Floor(Frozen):
    """Ask nothing new: the candidate keeps the floor."""

    kind: Literal["floor"] = "floor"


class LastWord(Frozen):
    """Everything is covered: ask whether anything should be added."""

    kind: Literal["last_word"] = "last_word"
    question: Text


class Farewell(Frozen):
    """End the interview."""

    kind: Literal["farewell"] = "farewell"
    cause: Literal["covered", "time", "turns", "candidate", "left"]


Reply = Annotated[Reveal | Decline | Hint, Field(discriminator="kind")]
Lead = Annotated[
    Open | Probe | Challenge | ThrowCurveball | Floor | LastWord | Farewell,
    Field(discriminator="kind"),
]


class Move(Frozen):
    """A reply, if what was said calls for one, and a lead.

    `nudge` asks the speaker to say that the step's budget is nearly used up.
    """

    reply: Reply | None = None
    lead: Lead
    nudge: bool = False

    @property
    def kind(self) -> str:
        """The move's name in the transcript: the lead's, or the reply's when it stands alone."""
        if isinstance(self.lead, Floor) and self.reply is not None:
            return self.reply.kind
        if isinstance(self.lead, Probe) and self.lead.brings_back_from:
            return "bring_back"
        return self.lead.kind

    @property
    def question(self) -> str | None:
        """The authored question of the lead, if it asks one."""
        return getattr(self.lead, "question", None)

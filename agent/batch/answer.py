"""One answer that is to be graded, whatever file it came from."""

from typing import Annotated

from pydantic import Field, StringConstraints

from agent.frozen import Frozen, Slug
from agent.record import InterviewRecord
from agent.transcript import Party, Transcript, Turn


class Answer(Frozen):
    """What somebody wrote or said.

    `turns` are his texts in their order, mostly one; one that is blank is an empty answer.
    `scenario` or `prompt` say what he was asked, `reference` how a full answer reads, where
    they come with the answer. `interview` is the whole record of an interview, which holds the
    turns, too. `source` says where it stands, such as "answers.csv, row 12".
    """

    id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    turns: Annotated[tuple[str, ...], Field(min_length=1)]
    scenario: Slug | None = None
    prompt: str | None = None
    reference: str | None = None
    interview: InterviewRecord | None = None
    source: str = ""

    @property
    def transcript(self) -> Transcript:
        """The answer as turns: those of the interview, or the candidate's texts numbered from 0."""
        if self.interview is not None:
            return Transcript(turns=self.interview.transcript)
        return Transcript(
            turns=tuple(
                Turn(index=at, speaker=Party.candidate, step=None, kind="answer", text=text)
                for at, text in enumerate(self.turns)
            )
        )

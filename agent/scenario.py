"""The problem that is put to the candidate: prompt, fact sheet, curveballs, references.

Types and their own consistency only. Files are read by `agent.catalog`.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from agent.frozen import Frozen, Slug, Terms, Text, require_unique


class Fact(Frozen):
    """Something fixed about the problem, revealed to whoever asks for it, and only then.

    `asks` are the ways people ask for it. One of them matches a question when all its
    content words (stemmed) occur in that question, in any order.
    """

    id: Slug
    text: Annotated[Text, Field(description="what the interviewer says when asked")]
    asks: Annotated[tuple[Text, ...], Field(min_length=2)]


class Curveball(Frozen):
    """A change of the problem in the middle of the interview."""

    id: Slug
    step: Slug
    when: Literal["start", "middle", "end"]
    text: Text
    good_adaptation: Annotated[Text, Field(description="what a good reaction holds")]
    signals: Annotated[Terms, Field(description="phrases that a good reaction is likely to hold")]


class Scenario(Frozen):
    """A design problem with everything that makes it the same for every candidate.

    One that is read from a file has all of it; see `bare` for one that is only a question.
    """

    id: Slug
    version: Text
    title: Text
    domain: Text
    difficulty: Literal["standard", "hard"]
    summary: Annotated[Text, Field(description="one line for the list of scenarios")]
    prompt: Annotated[Text, Field(description="what the interviewer reads out at the start")]
    traits: Annotated[
        tuple[Slug, ...], Field(description="what red flags may depend on, such as rare_positives")
    ] = ()
    vocabulary: Annotated[
        tuple[Text, ...],
        Field(description="the problem's own words, by which an answer shows it is meant"),
    ]
    signals: Annotated[
        dict[Slug, Terms],
        Field(description="by criterion: how a fitting answer to this problem sounds"),
    ] = Field(default_factory=dict)
    facts: tuple[Fact, ...]
    curveballs: tuple[Curveball, ...]
    pitfalls: tuple[Text, ...]
    grading_notes: Annotated[dict[Slug, Text], Field(description="by step, for whoever grades")]
    references: Annotated[dict[Slug, Text], Field(description="by step, a strong answer")]

    @model_validator(mode="after")
    def _unique_ids(self) -> Self:
        require_unique("fact id", (fact.id for fact in self.facts))
        require_unique("fact", (fact.text for fact in self.facts))
        require_unique("curveball id", (curveball.id for curveball in self.curveballs))
        return self

    @classmethod
    def bare(cls, prompt: str, vocabulary: tuple[str, ...]) -> "Scenario":
        """A problem of which nothing is known but its text, for grading written answers."""
        return cls(
            id="question",
            version="1",
            title=prompt[:80],
            domain="any",
            difficulty="standard",
            summary=prompt[:80],
            prompt=prompt,
            vocabulary=vocabulary,
            facts=(),
            curveballs=(),
            pitfalls=(),
            grading_notes={},
            references={},
        )

    def fact(self, fact_id: str) -> Fact:
        """The fact of this id; raises KeyError for an unknown one."""
        for fact in self.facts:
            if fact.id == fact_id:
                return fact
        raise KeyError(fact_id)

    def curveball(self, curveball_id: str) -> Curveball:
        """The curveball of this id; raises KeyError for an unknown one."""
        for curveball in self.curveballs:
            if curveball.id == curveball_id:
                return curveball
        raise KeyError(curveball_id)

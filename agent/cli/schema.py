"""`sevenstep schema`: the JSON Schema of what sevenstep reads and writes."""

from typing import Annotated, Literal

import typer


def schema(
    name: Annotated[
        Literal["interview", "scorecard", "rubric", "scenario", "answer_rubric", "graded_answer"],
        typer.Argument(help="Whose schema."),
    ],
) -> None:
    """Print a JSON Schema."""
    import json

    from pydantic import BaseModel

    from agent.answer_rubric import AnswerRubric
    from agent.graded import GradedAnswer
    from agent.record import InterviewRecord
    from agent.rubric import Rubric
    from agent.scenario import Scenario
    from agent.scorecard import Scorecard

    kinds: dict[str, type[BaseModel]] = {
        "interview": InterviewRecord,
        "scorecard": Scorecard,
        "rubric": Rubric,
        "scenario": Scenario,
        "answer_rubric": AnswerRubric,
        "graded_answer": GradedAnswer,
    }
    typer.echo(json.dumps(kinds[name].model_json_schema(by_alias=True), indent=2))

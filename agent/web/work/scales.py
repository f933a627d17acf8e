"""What the levels mean by which an answer was graded, as its ledger keeps it.

It blocks: call it in a thread.
"""

from pathlib import Path

from agent.batch.answer import Answer
from agent.batch.problem import problem_in
from agent.errors import StoreError
from agent.graded import GradedAnswer
from agent.store.ledger import Ledger


def scales(folder: Path, graded: GradedAnswer) -> dict[str, tuple[str, ...]]:
    """For each criterion the texts of its levels, the lowest first. Raises StoreError."""
    with Ledger(folder, reading=True) as ledger:
        problem, answer = ledger.problem(graded.problem), ledger.text_of(graded.id)
    if problem is None or answer is None:
        raise StoreError("what this answer was graded by is not kept; grade it again")
    sheet = problem_in(problem).sheet(Answer.model_validate_json(answer))
    return {item.id: item.levels for item in sheet.items()}

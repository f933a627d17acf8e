"""docs/architecture.md tells the truth about states and rules."""

import re
from pathlib import Path

from agent.interview.policy import RULES
from agent.interview.state import fold
from tests.support import interview

_PAGE = (Path(__file__).parent.parent / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_table_of_rules_is_the_order_of_the_policy() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", _PAGE, re.MULTILINE)
    assert documented == [rule.name for rule in RULES]


def test_the_state_diagram_shows_the_transitions_of_the_fold() -> None:
    drawn = set(re.findall(r"^ +(\w+) --> (\w+): (\w+)$", _PAGE, re.MULTILINE))
    taken = set()
    for turns in (["Maximise retention."], ["Let's stop here."], ["/"]):
        events = interview(turns).events
        for count in range(1, len(events) + 1):
            before, after = fold(events[: count - 1]).pending, fold(events[:count]).pending
            taken.add((before, after, events[count - 1].type))
    assert taken == drawn

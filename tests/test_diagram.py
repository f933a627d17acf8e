"""Diagrams in a message: where they stand, what is written in them, what they show."""

import pytest

from agent.diagram import Arrow, Part, described, drawing, fences, parts, prose
from agent.web.diagram_templates import Template, templates

_MESSAGE = "We rank in two stages.\n\n```mermaid\nflowchart LR\nA --> B\n```\nThen we log.\n"


def written(*lines: str) -> list[str]:
    """What is written in a flowchart of these lines."""
    source = "\n".join(("flowchart LR", *lines))
    return [label.words for label in drawing(source).labels]


def test_a_fence_is_found_with_its_place_and_its_text() -> None:
    (fence,) = fences(_MESSAGE)
    assert fence.source == "flowchart LR\nA --> B\n"
    assert _MESSAGE[fence.at :].startswith(fence.source)
    assert _MESSAGE[fence.start : fence.end].strip("`\n").startswith("mermaid")


@pytest.mark.parametrize("text", ["We use mermaid.", "```python\nmermaid\n```", "a ```mermaid b"])
def test_other_text_has_no_fence(text: str) -> None:
    assert fences(text) == ()
    assert prose(text) == text


def test_a_fence_that_is_not_closed_goes_to_the_end() -> None:
    assert [fence.source for fence in fences("So:\n```mermaid\ngraph TD\nA-->B")] == [
        "graph TD\nA-->B"
    ]


def test_a_longer_fence_may_hold_a_shorter_one() -> None:
    (fence,) = fences("````mermaid\nflowchart LR\n```\nA\n````\nDone.")
    assert fence.source == "flowchart LR\n```\nA\n"


def test_prose_keeps_its_place_and_gets_no_blank_line() -> None:
    text = "One.\n```mermaid\nflowchart LR\n\nA --> B\n```\nTwo."
    left = prose(text)
    assert left.index("Two.") == text.index("Two.")
    assert "\n\n" not in left
    assert "flowchart" not in left


def test_a_message_falls_into_prose_and_diagrams() -> None:
    assert parts(_MESSAGE) == (
        Part("We rank in two stages.\n\n", False),
        Part("flowchart LR\nA --> B\n", True),
        Part("\nThen we log.\n", False),
    )


@pytest.mark.parametrize(
    "node",
    [
        "A[Feature store]",
        'A["Feature store"]',
        "A(Feature store)",
        "A([Feature store])",
        "A[[Feature store]]",
        "A[(Feature store)]",
        "A((Feature store))",
        "A{Feature store}",
        "A{{Feature store}}",
        "A>Feature store]",
        "A[/Feature store/]",
        r"A[\Feature store\]",
        'A@{ shape: cyl, label: "Feature store" }',
        'A["Feature<br/>store"]:::hot',
        'A["`**Feature** store`"]',
        "subgraph Feature store",
        "subgraph A [Feature store]",
        "feature_store",
    ],
)
def test_the_label_of_any_shape_is_read(node: str) -> None:
    assert [label.replace(" ", "").lower() for label in written(node)] == ["featurestore"]


@pytest.mark.parametrize(
    "arrow",
    ["-->|top 500|", "-- top 500 -->", "-. top 500 .->", "== top 500 ==>", '-- "top 500" ---'],
)
def test_the_label_of_any_arrow_is_read(arrow: str) -> None:
    source = f"flowchart LR\n a[Recall] {arrow} b[Ranker]"
    assert drawing(source).arrows == (Arrow("Recall", "Ranker", "top 500"),)


@pytest.mark.parametrize(
    "line",
    [
        "classDef hot fill:#f00,stroke:#333",
        "class A,B hot",
        "style A fill:#f9f",
        "linkStyle 0 stroke:#ff3",
        'click A "https://example.org" "Tooltip"',
        "direction TB",
        "end",
        "%% a comment",
        "A --> B",
    ],
)
def test_syntax_is_no_label(line: str) -> None:
    assert written(line) == []


def test_front_matter_directives_and_the_first_line_are_no_labels() -> None:
    source = '---\ntitle: T\n---\n%%{init: {"theme": "dark"}}%%\nflowchart LR; A[Recall] --> B'
    assert [label.words for label in drawing(source).labels] == ["Recall"]


def test_nodes_joined_by_an_ampersand_are_all_linked() -> None:
    (*arrows,) = drawing("graph TD\nA & B --> C & D").arrows
    assert [(one.tail, one.head) for one in arrows] == [
        ("A", "C"), ("B", "C"), ("A", "D"), ("B", "D")
    ]  # fmt: skip


def test_of_other_diagrams_names_and_messages_are_read() -> None:
    source = "sequenceDiagram\nparticipant U as User\nU->>R: rank 500 items\n"
    assert [label.words for label in drawing(source).labels] == ["User", "rank 500 items"]


def test_a_label_knows_its_place_and_its_line() -> None:
    source = "flowchart LR\n  A[Recall] --> B[Ranker<br>GBDT]\n"
    for label in drawing(source).labels:
        start, end = label.line
        assert source[start:end] == "A[Recall] --> B[Ranker<br>GBDT]"
        assert len(source[label.start :].split("]", maxsplit=1)[0]) == len(label.text)


def test_a_diagram_is_described_by_its_arrows_and_lone_nodes() -> None:
    source = "flowchart LR\na[Recall] -->|top 500| b[Ranker]\nc[Logs]"
    assert described(source) == "Recall to Ranker (top 500); Logs"


def test_a_long_description_ends_with_how_many_are_left() -> None:
    source = "flowchart LR\n" + "\n".join(f"a{n} --> a{n + 1}" for n in range(20))
    assert described(source).endswith("; and 8 more")


@pytest.mark.parametrize(
    "text", ["", "hello", "flowchart", "flowchart LR\nA[", '"' * 99, "--" * 5_000, "A[" * 5_000]
)
def test_what_is_no_diagram_does_no_harm(text: str) -> None:
    described(text)
    described(f"flowchart LR\n{text}")


@pytest.mark.parametrize("template", templates(), ids=lambda one: one.title)
def test_a_template_is_a_flowchart_of_8_to_16_nodes(template: Template) -> None:
    shown = drawing(template.text)
    linked = {name for arrow in shown.arrows for name in (arrow.tail, arrow.head)}
    assert template.title
    assert 8 <= len(shown.nodes) <= 16
    assert set(shown.nodes) == linked


def test_the_templates_differ() -> None:
    assert len({template.title for template in templates()}) == len(templates()) == 8

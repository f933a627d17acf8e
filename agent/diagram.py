"""Diagrams in a message: where their fences stand, what is written in them, what they show. Pure.

A diagram is a block of Markdown that is fenced and marked `mermaid`. Flowcharts are read node by
node; of Mermaid's other kinds what stands in quotation marks, behind a colon or an `as`. Whether
a text is valid Mermaid is left to Mermaid, and what a label is worth to `agent.offline`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(
    r"^ {0,3}(?P<marks>`{3,}|~{3,})[ \t]*mermaid\b[^\n]*(?:\n|\Z)"
    r"(?P<source>.*?)(?:^ {0,3}(?P=marks)[`~]*[ \t\r]*$|\Z)",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_NOTHING = "\v\n"
"""What stands for a diagram in the prose: a line end, but together with others no blank line."""

_ID = r"\w+(?:[-.]\w+)*"
_HEAD = re.compile(r"\s*(?:flowchart|graph)\b[^\n;]*", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"\A\s*---[ \t\r]*\n.*?\n---[ \t\r]*(?:\n|\Z)", re.DOTALL)
_DIRECTIVE = re.compile(r"%%\{.{0,500}?\}%%", re.DOTALL)
_STATEMENT = re.compile(r'(?:"[^"\n]*"|[^;\n])+')
_NO_SHAPES = re.compile(
    r"\s*(?:%%|(?:classDef|class|style|linkStyle|click|direction|end|accTitle|accDescr)\b)"
)
_GROUP = re.compile(
    rf'\s*subgraph\s+(?:(?:(?P<id>{_ID})\s*)?\[\s*"?(?P<boxed>[^"\]\n]*)|"(?P<quoted>[^"\n]*)|(?P<bare>.*))'
)
_TOKEN = re.compile(
    rf"""
    :::\w+                                                        # a class
    | {_ID}@(?=[-=.<~])                                           # an arrow's id
    | \|\s*"?(?P<piped>[^|"]*)"?\s*\|                             # -->|label|
    | (?P<id>{_ID})(?:
        @\{{(?P<attributes>[^}}]{{0,500}})\}}
        | (?:[\[({{]{{1,3}}|>)[/\\]?\s*(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^"\])}}]*?))
          \s*(?:[/\\]?[\])}}]{{1,3}}|\Z)
      )?
    | [<ox]?(?:--|==|-\.)(?![-=.>])\s*"?                          # -- label -->
      (?P<inline>[^-=.>|\s"](?:[^|"\n]{{0,200}}?[^-=.|\s"])??)"?\s*(?:-{{2,}}|={{2,}}|-?\.+-)[>ox]?
    | (?P<arrow><?(?:-{{2,}}|={{2,}}|-\.+-|~{{3,}})(?:>|[ox](?=\s))?)
    | (?P<also>&)
    """,
    re.VERBOSE,
)
_ATTRIBUTE = re.compile(r'\blabel\s*:\s*(?:"(?P<quoted>[^"]*)|(?P<bare>[^",]*))')
_ELSEWHERE = re.compile(
    r'"(?P<quoted>[^"\n]+)"|:\s*(?P<after>[^\s:{"][^\n":{]*)|\bas\s+(?P<name>[^\s"][^\n"]*)'
)
_MARKUP = re.compile(r"<[^<>]{0,200}>|[#&]\w{1,12};|[`*]+")
_TELLING = re.compile(r"[^\W\d_]{3}")
_MOST_ARROWS = 12
_NEAR = 150
"""So many signs before and after a label are quoted with it where its line is longer."""


@dataclass(frozen=True)
class Fence:
    """A diagram: its place in the message with the fence around it, and its text.

    `at` is where `source` begins in the message.
    """

    start: int
    end: int
    source: str
    at: int


@dataclass(frozen=True)
class Part:
    """A stretch of a message: prose, or a diagram's text without its fence."""

    text: str
    is_diagram: bool


@dataclass(frozen=True)
class Label:
    """What is written on a node, an arrow or a group, and its line, as places in the source.

    In `text` spaces stand for markup such as `<br>`; it is as long as what is written.
    """

    text: str
    start: int
    line: tuple[int, int]

    @property
    def words(self) -> str:
        """The label on one line."""
        return " ".join(self.text.split())


@dataclass(frozen=True)
class Arrow:
    """An arrow between two nodes, each by its label; `words` are written on it, or none."""

    tail: str
    head: str
    words: str


@dataclass(frozen=True)
class Drawing:
    """What a diagram shows: all that is written in it, in its order, the nodes, the arrows."""

    labels: tuple[Label, ...]
    nodes: tuple[str, ...] = ()
    arrows: tuple[Arrow, ...] = ()


def fences(text: str) -> tuple[Fence, ...]:
    """The diagrams of a message; one that is not closed goes to its end."""
    if "mermaid" not in text.lower():
        return ()
    return tuple(
        Fence(match.start(), match.end(), match["source"], match.start("source"))
        for match in _FENCE.finditer(text)
    )


def prose(text: str) -> str:
    """The message with a line end for each diagram; all else stays in its place."""
    for fence in fences(text):
        length = fence.end - fence.start
        nothing = _NOTHING[:length].ljust(length, "\v")
        text = text[: fence.start] + nothing + text[fence.end :]
    return text


def parts(text: str) -> tuple[Part, ...]:
    """The message in its order as prose and diagrams, without what is blank."""
    found = []
    done = 0
    for fence in fences(text):
        found += [Part(text[done : fence.start], False), Part(fence.source, True)]
        done = fence.end
    found.append(Part(text[done:], False))
    return tuple(part for part in found if part.text.strip())


def drawing(source: str) -> Drawing:
    """What a diagram in Mermaid shows. A text that is no Mermaid shows little or nothing."""
    blank = _DIRECTIVE.sub(_blanked, _FRONT_MATTER.sub(_blanked, source))
    body = _first_line(blank)
    if head := _HEAD.match(blank, body):
        return _Flowchart(blank, head.end()).drawing()
    return Drawing(tuple(_elsewhere(blank, body)))


def described(source: str) -> str:
    """A diagram in a few words, for those who do not see it: its arrows, or what is in it."""
    shown = drawing(source)
    said = [
        f"{arrow.tail} to {arrow.head}" + (f" ({arrow.words})" if arrow.words else "")
        for arrow in shown.arrows
    ]
    linked = {name for arrow in shown.arrows for name in (arrow.tail, arrow.head)}
    said += [node for node in shown.nodes if node not in linked]
    said = said or [label.words for label in shown.labels]
    left = len(said) - _MOST_ARROWS
    return "; ".join([*said[:_MOST_ARROWS], *([f"and {left} more"] if left > 0 else [])])


class _Flowchart:
    """Reads a flowchart, statement by statement."""

    def __init__(self, source: str, start: int) -> None:
        self._source = source
        self._labels: list[Label] = []
        self._named: dict[str, Label] = {}
        self._ids: dict[str, Label] = {}
        self._arrows: list[tuple[str, str, str]] = []
        for statement in _STATEMENT.finditer(source, start):
            if _NO_SHAPES.match(statement.group()):
                continue
            if group := _GROUP.match(source, statement.start(), statement.end()):
                title = self._write(group, "boxed", "quoted", "bare")
                if title is not None and group["id"]:
                    self._named.setdefault(group["id"], title)
            else:
                self._read(statement.start(), statement.end())

    def drawing(self) -> Drawing:
        """All of it; a node without a label is written with its id, as in the picture."""
        bare = [label for name, label in self._ids.items() if name not in self._named]
        labels = [*self._labels, *(label for label in bare if _TELLING.search(label.text))]
        name = {**self._ids, **self._named}
        return Drawing(
            labels=tuple(sorted(labels, key=lambda label: label.start)),
            nodes=tuple(dict.fromkeys(name[node].words for node in self._ids)),
            arrows=tuple(
                Arrow(name[tail].words, name[head].words, words)
                for tail, head, words in self._arrows
            ),
        )

    def _read(self, start: int, end: int) -> None:
        tails: list[str] = []
        heads: list[str] = []
        words, is_linked, is_joined = "", False, False
        for token in _TOKEN.finditer(self._source, start, end):
            if node := token["id"]:
                if not is_joined:
                    tails, heads = heads, []
                heads.append(node)
                self._node(node, token)
                if is_linked:
                    self._arrows += [(tail, node, words) for tail in tails]
                is_joined = False
            elif token["also"]:
                is_joined = True
            elif token["arrow"] or token["inline"]:
                is_linked = True
                written = self._write(token, "inline")
                words = written.words if written else ""
            elif token["piped"] is not None:
                written = self._write(token, "piped")
                words = written.words if written else words

    def _node(self, node: str, token: re.Match[str]) -> None:
        line = _line(self._source, *token.span("id"))
        self._ids.setdefault(node, Label(node.replace("_", " "), token.start("id"), line))
        label = self._write(token, "quoted", "bare")
        if token["attributes"] is not None:
            where = _ATTRIBUTE.search(self._source, *token.span("attributes"))
            label = self._write(where, "quoted", "bare") if where else None
        if label is not None:
            self._named.setdefault(node, label)

    def _write(self, match: re.Match[str], *names: str) -> Label | None:
        """Keep the label in the first of these groups that holds one."""
        for name in names:
            if match[name] and (label := _label(self._source, *match.span(name))):
                self._labels.append(label)
                return label
        return None


def _elsewhere(source: str, start: int) -> Iterator[Label]:
    """The labels of a diagram that is no flowchart, behind its first line."""
    first = source.find("\n", start)
    for match in _ELSEWHERE.finditer(source, len(source) if first < 0 else first):
        if label := _label(source, *match.span(match.lastgroup or 0)):
            yield label


def _label(source: str, start: int, end: int) -> Label | None:
    text = _MARKUP.sub(lambda mark: " " * len(mark.group()), source[start:end])
    return Label(text, start, _line(source, start, end)) if text.strip() else None


def _line(source: str, start: int, end: int) -> tuple[int, int]:
    """The line around a label without white space around it; of a long line what is near."""
    nearest, furthest = max(0, start - _NEAR), min(len(source), end + _NEAR)
    start = max(source.rfind("\n", nearest, start) + 1, nearest)
    close = source.find("\n", end, furthest)
    line = source[start : close if close >= 0 else furthest]
    start += len(line) - len(line.lstrip())
    return start, start + len(line.strip())


def _first_line(source: str) -> int:
    """Where the first line begins that is neither blank nor a comment."""
    match = re.match(r"(?:[^\S\n]*(?:%%[^\n]*)?\n)*", source)
    return match.end() if match else 0


def _blanked(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())

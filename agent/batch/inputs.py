"""The answers to be graded, out of files, folders and standard input, one at a time.

All inputs are read once before anything is spent, so that a fault in the last row is known
first. How each kind of file is read stands in `texts`, `rows` and `objects`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Self

from agent.batch.answer import Answer
from agent.batch.fields import NAMES, Fields
from agent.batch.folders import sources_below
from agent.batch.objects import line_answers, tree_answers
from agent.batch.piped import DASH, STANDARD_INPUT, piped
from agent.batch.register import Register
from agent.batch.rows import row_answers
from agent.batch.source import JSON, JSON_LINES, TABLES, TEXTS, YAML, Source, found
from agent.batch.texts import text_answers
from agent.errors import FileError, InputError

_Reader = Callable[[Source, Fields], Iterator[Answer]]
_READERS: dict[str, _Reader] = {
    **dict.fromkeys(TEXTS, text_answers),
    **dict.fromkeys(TABLES, row_answers),
    **dict.fromkeys(JSON_LINES, line_answers),
    **dict.fromkeys((*JSON, *YAML), tree_answers),
}
_MAX_NOTED = 20


@dataclass(frozen=True)
class Tally:
    """What the inputs hold.

    `characters` and `empty` count the answers' texts and the answers without any. `ignored` are
    the columns or keys that mean nothing, by file (the first 20 of each), and `skipped` counts
    by kind what lies in the folders and is not read.
    """

    files: int = 0
    answers: int = 0
    characters: int = 0
    empty: int = 0
    ignored: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)


class Inputs:
    """The answers in these paths, `-` being standard input, in a fixed order, any number of times.

    `columns` are names that the files use instead of ours: {"answer": "essay"}. As a context
    manager it removes at the end what it keeps on disk. Raises InputError if a name is not ours.
    """

    def __init__(
        self, paths: tuple[Path, ...], columns: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        for name in columns:
            if name not in NAMES:
                known = ", ".join(NAMES)
                raise InputError(f"--column {name}=...: unknown field {name!r}; known are {known}")
        self._paths = paths
        self._columns = columns
        self._stack = ExitStack()
        self._register: Register | None = None
        self._tally: Tally | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what is kept on disk."""
        self._stack.close()

    def check(self, look: Callable[[Answer], object] = lambda _: None) -> Tally:
        """Read everything once and count it; the second time the tally is just returned.

        `look` is shown each answer on the way. Raises FileError for the first fault, and for an
        id or a file that stands twice, and whatever `look` raises.
        """
        if self._tally is None:
            self._tally = self._checked(look)
        return self._tally

    def __iter__(self) -> Iterator[Answer]:
        """The answers, checked before if they were not.

        Raises FileError if a file has changed or has gone since then.
        """
        self.check()
        for source in self._checked_sources():
            yield from _answers(source, Fields(source, self._columns))

    def _checked(self, look: Callable[[Answer], object]) -> Tally:
        # Made anew, since an earlier check may have ended in a fault.
        self._stack.close()
        self._register = register = Register()
        self._stack.callback(register.close)
        skipped: Counter[str] = Counter()
        for number, source in self._found(skipped):
            register.add_source(source, number)
        ignored: dict[str, tuple[str, ...]] = {}
        renamed: set[str] = set()
        files = answers = characters = empty = 0
        for source in register.sources():
            fields = Fields(source, self._columns, renamed=renamed)
            before = answers
            for answer in _answers(source, fields):
                register.add_id(answer, source)
                look(answer)
                answers += 1
                characters += sum(map(len, answer.turns))
                empty += not any(turn.strip() for turn in answer.turns)
            if answers == before:
                raise source.fault("holds no answers", "add some, or leave the file out")
            files += 1
            if fields.ignored and len(ignored) < _MAX_NOTED:
                ignored[str(source.name)] = tuple(fields.ignored)
        for name in self._columns.keys() - renamed:
            wanted = self._columns[name]
            raise InputError(
                f"--column {name}={wanted}: no input has a column or key {wanted!r}; "
                "correct its name or leave the option out"
            )
        return Tally(files, answers, characters, empty, ignored, dict(skipped))

    def _checked_sources(self) -> Iterator[Source]:
        assert self._register is not None
        return self._register.sources()

    def _found(self, skipped: Counter[str]) -> Iterator[tuple[int, Source]]:
        """Every file with the number of the input that it belongs to."""
        if not self._paths:
            raise InputError("there is nothing to grade; name files or folders, or - for a pipe")
        if self._paths.count(DASH) > 1:
            raise FileError(STANDARD_INPUT, "is named twice", remedy="name it once")
        for number, path in enumerate(self._paths):
            if path == DASH:
                yield number, self._stack.enter_context(piped(self._columns))
                continue
            try:
                real = path.resolve()
                is_folder = real.is_dir()
            except (OSError, RuntimeError) as error:
                remedy = "check the path and its permissions"
                raise FileError(path, "cannot be followed", remedy=remedy) from error
            if is_folder:
                for source in sources_below(path, skipped):
                    yield number, source
            else:
                yield number, found(real, path, path.name)


def _answers(source: Source, fields: Fields) -> Iterator[Answer]:
    """The answers of one source. Grading takes hours, so each is checked against a change."""
    for answer in _READERS[source.kind](source, fields):
        source.require_unchanged()
        yield answer
    source.require_unchanged()

"""What `sevenstep grade` has paid for and found, in one SQLite file in its output folder.

Each put is committed before the call returns, so that a killed run loses nothing. The ledger
knows neither how an answer is graded nor which review still counts; the files that people read
are written in `agent.batch.outputs`.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Self, cast

from pydantic import ValidationError

from agent.errors import StoreError
from agent.frozen import Frozen
from agent.graded import GradedAnswer, Status
from agent.scorecard import Review
from agent.usage import ModelUsage

NAME = "ledger.db"
_LOCK_NAME = ".lock"
_FORMAT = 1
_BUSY_SECONDS = 5
_PAGE_ROWS = 50
_LOG_PAGES = 4000
"""Pages of 4 KB: with the usual 1000 the disk is waited for every few large cards."""
_AGAIN = "run it again, what was graded is kept"

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
    "CREATE TABLE units (key TEXT PRIMARY KEY, payload TEXT NOT NULL)",
    """CREATE TABLE replies (unit TEXT, number INTEGER, payload TEXT NOT NULL,
        PRIMARY KEY (unit, number))""",
    "CREATE TABLE problems (digest TEXT PRIMARY KEY, payload TEXT NOT NULL)",
    # Apart from the cards, since marking an answer as seen would write its card anew.
    """CREATE TABLE answers (id TEXT PRIMARY KEY, key TEXT NOT NULL, status TEXT NOT NULL,
        run INTEGER NOT NULL, position INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX answers_by_place ON answers (run, position, id, status)",
    "CREATE TABLE cards (id TEXT PRIMARY KEY, card TEXT NOT NULL, text TEXT NOT NULL)",
    """CREATE TABLE reviews (number INTEGER PRIMARY KEY, id TEXT NOT NULL, key TEXT NOT NULL,
        review TEXT NOT NULL)""",
    "CREATE INDEX reviews_by_answer ON reviews (id, number)",
    """CREATE TABLE spending (number INTEGER PRIMARY KEY, model TEXT UNIQUE NOT NULL,
        calls INTEGER, input_tokens INTEGER, cached_tokens INTEGER, output_tokens INTEGER,
        cost_usd REAL, estimated INTEGER)""",
    f"INSERT INTO meta VALUES ('format', {_FORMAT}), ('run', 0)",
)
_LAST_RUN = "(SELECT value FROM meta WHERE name = 'run')"
_PUT_ANSWER = f"""INSERT INTO answers VALUES (?, ?, ?, {_LAST_RUN}, ?)
    ON CONFLICT (id) DO UPDATE SET key = excluded.key, status = excluded.status,
    run = excluded.run, position = excluded.position"""
_PUT_UNIT = """INSERT INTO units VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET payload = excluded.payload"""
_PUT_CARD = """INSERT INTO cards VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET card = excluded.card, text = excluded.text"""
# A sum with NULL is NULL: a price that is not known once is not known of the whole.
_ADD_SPENT = """INSERT INTO spending VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (model) DO UPDATE SET calls = calls + excluded.calls,
    input_tokens = input_tokens + excluded.input_tokens,
    cached_tokens = cached_tokens + excluded.cached_tokens,
    output_tokens = output_tokens + excluded.output_tokens,
    cost_usd = cost_usd + excluded.cost_usd, estimated = max(estimated, excluded.estimated)"""
_LINES = f"""SELECT position, id, card FROM answers JOIN cards USING (id)
    WHERE run = {_LAST_RUN} AND (position, id) > (?, ?) ORDER BY position, id LIMIT ?"""
# Which answers they are is found in the index alone; only those of the page are read.
_FOUND = f"""FROM answers WHERE run = {_LAST_RUN} AND (?1 = '' OR instr(folded(id), ?1) > 0)
    AND (?2 IS NULL OR status = ?2)"""
_PAGE = f"""SELECT card FROM (SELECT id, position {_FOUND} ORDER BY position, id LIMIT ?3 OFFSET ?4)
    JOIN cards USING (id) ORDER BY position, id"""
_REVIEWS = """SELECT review FROM reviews JOIN answers USING (id)
    WHERE id = ? AND (reviews.key = answers.key) = ? ORDER BY number"""


def is_ledger(folder: Path) -> bool:
    """Whether a folder has a ledger."""
    return (folder / NAME).is_file()


class Counts(Frozen):
    """How many answers of the last run have which status; `earlier` are in earlier runs only."""

    graded: int = 0
    partly: int = 0
    ungraded: int = 0
    earlier: int = 0


class Ledger:
    """The ledger of an output folder, for one thread. Each put is its own transaction.

    Every method raises StoreError if the file cannot be read or written.
    """

    def __init__(self, folder: Path, *, reading: bool = False) -> None:
        """Open the folder's ledger; one that is not there yet is made, unless `reading`.

        A ledger that is open for writing keeps all other writers out; `reading` is possible at
        any time. Raises StoreError if another one is at work there, or if the file is no
        ledger, or one of a newer version.
        """
        self.path = folder / NAME
        self._connection: sqlite3.Connection
        self._opened = ExitStack()
        try:
            if reading:
                self._open_for_reading()
            else:
                self._open_for_writing()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file, and let others write."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Units: what was paid for.

    def unit(self, key: str) -> str | None:
        """The result of a paid call, if it is there."""
        return self._text("SELECT payload FROM units WHERE key = ?", key)

    def put_unit(self, key: str, payload: str, usage: Iterable[ModelUsage] = ()) -> None:
        """Keep the result of a paid call with what it took, in the place of an earlier one."""
        with self._together():
            self._connection.execute(_PUT_UNIT, (key, payload))
            _add_spent(self._connection, usage)

    def put_problem(self, digest: str, payload: str) -> None:
        """Keep what answers were graded by; the same digest is the same problem."""
        with self._together():
            self._connection.execute(
                "INSERT OR IGNORE INTO problems VALUES (?, ?)", (digest, payload)
            )

    def problem(self, digest: str) -> str | None:
        """What answers with this digest were graded by."""
        return self._text("SELECT payload FROM problems WHERE digest = ?", digest)

    def replies(self, unit_key: str) -> list[str]:
        """The raw answers in a unit's dialogue, in the order of their numbers."""
        query = "SELECT payload FROM replies WHERE unit = ? ORDER BY number"
        return [payload for (payload,) in self._rows(query, unit_key)]

    def put_reply(
        self, unit_key: str, number: int, payload: str, usage: Iterable[ModelUsage] = ()
    ) -> bool:
        """Keep a raw answer with what it took, unless one of this number is there already.

        False if there is: nothing is then added to the spending.
        """
        with self._together():
            added = self._connection.execute(
                "INSERT OR IGNORE INTO replies VALUES (?, ?, ?)", (unit_key, number, payload)
            )
            if added.rowcount == 1:
                _add_spent(self._connection, usage)
        return added.rowcount == 1

    def add_spent(self, usage: Iterable[ModelUsage]) -> None:
        """Add to the spending of all runs."""
        with self._together():
            _add_spent(self._connection, usage)

    def usage(self) -> tuple[ModelUsage, ...]:
        """The spending of all runs so far, one entry a model."""
        rows = self._rows(
            "SELECT model, calls, input_tokens, cached_tokens, output_tokens, cost_usd, estimated "
            "FROM spending ORDER BY number"
        )
        return tuple(
            ModelUsage(**dict(zip(ModelUsage.model_fields, row, strict=True))) for row in rows
        )

    # Answers: what came of it.

    def begin_run(self) -> int:
        """Begin a run, to which no answer belongs yet; its number, from 1."""
        with self._faults():
            self._connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'run'")
        return cast(int, self._value(f"SELECT {_LAST_RUN}"))

    def put(self, graded: GradedAnswer, text: str, position: int) -> None:
        """Keep an answer's outcome, in the place of an earlier one; it belongs to this run.

        `text` is the answer itself as JSON, `position` its place in the inputs, from 0.
        """
        card = graded.model_dump_json()
        with self._together():
            self._connection.execute(_PUT_ANSWER, (graded.id, graded.key, graded.status, position))
            self._connection.execute(_PUT_CARD, (graded.id, card, text))

    def replace(self, graded: GradedAnswer) -> None:
        """Put another outcome in an answer's place, as after a review: text and place stay.

        Raises KeyError if the answer is not there.
        """
        card = graded.model_dump_json()
        with self._together():
            changed = self._connection.execute(
                "UPDATE answers SET key = ?, status = ? WHERE id = ?",
                (graded.key, graded.status, graded.id),
            )
            _require_one(changed, graded.id)
            self._connection.execute("UPDATE cards SET card = ? WHERE id = ?", (card, graded.id))

    def seen(self, answer_id: str, position: int) -> None:
        """Say that an answer, which is there already, belongs to this run, too.

        Raises KeyError if it is not there.
        """
        with self._faults():
            changed = self._connection.execute(
                f"UPDATE answers SET run = {_LAST_RUN}, position = ? WHERE id = ?",
                (position, answer_id),
            )
        _require_one(changed, answer_id)

    def key_of(self, answer_id: str) -> tuple[str, Status] | None:
        """An answer's key and status, without reading the rest of it."""
        rows = self._rows("SELECT key, status FROM answers WHERE id = ?", answer_id)
        return cast(tuple[str, Status], rows[0]) if rows else None

    def answer(self, answer_id: str) -> GradedAnswer | None:
        """An answer's outcome."""
        line = self.line_of(answer_id)
        return None if line is None else self._parsed(line)

    def line_of(self, answer_id: str) -> str | None:
        """An answer's outcome as a line of JSON, as it was put."""
        return self._text("SELECT card FROM cards WHERE id = ?", answer_id)

    def text_of(self, answer_id: str) -> str | None:
        """The answer itself as JSON."""
        return self._text("SELECT text FROM cards WHERE id = ?", answer_id)

    def graded(self) -> Iterator[GradedAnswer]:
        """The answers of the last run in the order of the inputs, a few at a time.

        What is put meanwhile comes up if its position is not passed yet.
        """
        return map(self._parsed, self.lines())

    def lines(self) -> Iterator[str]:
        """As `graded`, as lines of JSON."""
        # A query for each few rows, since one for all would keep the log from being emptied.
        place: tuple[int, str] = (-1, "")
        while rows := self._rows(_LINES, *place, _PAGE_ROWS):
            yield from (card for _, _, card in rows)
            place = rows[-1][:2]

    def page(
        self, offset: int, limit: int, *, named: str = "", status: Status | None = None
    ) -> tuple[int, tuple[GradedAnswer, ...]]:
        """How many answers of the last run fit, and `limit` of them from `offset` (from 0) on.

        Those fit whose id holds `named`, whatever its case, and that have this status.
        """
        found = (named.casefold(), status)
        rows = self._rows(_PAGE, *found, limit, offset)
        total = cast(int, self._value(f"SELECT COUNT(*) {_FOUND}", *found))
        return total, tuple(self._parsed(card) for (card,) in rows)

    def counts(self) -> Counts:
        """How many answers there are."""
        of_run = self._rows(
            f"SELECT status, COUNT(*) FROM answers WHERE run = {_LAST_RUN} GROUP BY status"
        )
        earlier = self._value(f"SELECT COUNT(*) FROM answers WHERE run < {_LAST_RUN}")
        return Counts(earlier=earlier, **dict(of_run))

    # Reviews: what people said.

    def add_review(self, answer_id: str, review: Review) -> None:
        """Keep a review of the answer as it is graded now. Raises KeyError for an unknown one."""
        with self._faults():
            added = self._connection.execute(
                "INSERT INTO reviews (id, key, review) SELECT id, key, ? FROM answers WHERE id = ?",
                (review.model_dump_json(), answer_id),
            )
        _require_one(added, answer_id)

    def reviews(self, answer_id: str) -> tuple[Review, ...]:
        """The reviews of an answer as it is graded now, the newest last."""
        return self._reviews(answer_id, current=True)

    def stale_reviews(self, answer_id: str) -> tuple[Review, ...]:
        """Those from when the answer had another key, the newest last."""
        return self._reviews(answer_id, current=False)

    def stale(self) -> int:
        """How many reviews of this run's answers are from when these had another key."""
        return cast(
            int,
            self._value(
                f"""SELECT COUNT(*) FROM reviews JOIN answers USING (id)
                WHERE reviews.key != answers.key AND run = {_LAST_RUN}"""
            ),
        )

    def _reviews(self, answer_id: str, *, current: bool) -> tuple[Review, ...]:
        rows = self._rows(_REVIEWS, answer_id, current)
        with self._foreign():
            return tuple(Review.model_validate_json(review) for (review,) in rows)

    # The file.

    def _open_for_writing(self) -> None:
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{folder}: cannot be made a folder ({error.strerror}); name another folder"
            ) from error
        self._lock(folder)
        self._connect(self.path)
        if not self._has_tables():
            with self._together():
                for statement in _TABLES:
                    self._connection.execute(statement)
        self._require_format()
        with self._faults():
            # Readers do not block the writer, and what is committed outlives the process.
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")

    def _open_for_reading(self) -> None:
        if not self.path.is_file():
            raise StoreError(
                f"{self.path}: is not there; name the folder that sevenstep grade has written to"
            )
        # SQLite wants to make files of its own beside the ledger, also for reading.
        alone = not self.path.with_name(f"{NAME}-wal").exists()
        fixed = alone and not os.access(self.path.parent, os.W_OK)
        self._connect(f"{self.path.resolve().as_uri()}?{'immutable=1' if fixed else 'mode=ro'}")
        if not self._has_tables():
            raise StoreError(f"{self.path}: is empty; run sevenstep grade first")
        self._require_format()

    def _lock(self, folder: Path) -> None:
        """Keep others out with SQLite's own lock, which vanishes with the process.

        It is on a file that stays empty, since the ledger itself must stay readable.
        """
        try:
            lock = sqlite3.connect(folder / _LOCK_NAME, timeout=0, isolation_level=None)
            self._opened.enter_context(closing(lock))
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if "locked" in str(error):
                raise StoreError(
                    f"{folder}: another sevenstep is at work there; wait for it to end, or name "
                    "another folder"
                ) from error
            raise self._explained(error) from error

    def _connect(self, name: Path | str) -> None:
        with self._faults():
            self._connection = sqlite3.connect(
                name, timeout=_BUSY_SECONDS, isolation_level=None, uri=isinstance(name, str)
            )
            self._connection.create_function("folded", 1, str.casefold, deterministic=True)
        self._opened.enter_context(closing(self._connection))

    def _has_tables(self) -> bool:
        return bool(self._value("SELECT COUNT(*) FROM sqlite_master"))

    def _require_format(self) -> None:
        found = self._value("SELECT value FROM meta WHERE name = 'format'")
        if not isinstance(found, int) or found < 1:
            raise StoreError(f"{self.path}: is no ledger; move it away or name another folder")
        if found > _FORMAT:
            raise StoreError(
                f"{self.path}: was made by a newer version; update sevenstep or name another folder"
            )

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._faults():
            return self._connection.execute(query, values).fetchall()

    def _value(self, query: str, *values: object) -> Any:
        rows = self._rows(query, *values)
        return rows[0][0] if rows else None

    def _text(self, query: str, value: str) -> str | None:
        return cast("str | None", self._value(query, value))

    def _parsed(self, card: str) -> GradedAnswer:
        with self._foreign():
            return GradedAnswer.model_validate_json(card)

    @contextmanager
    def _together(self) -> Iterator[None]:
        """One transaction around several statements."""
        with self._faults():
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.rollback()
                raise

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn the database's faults into one line that says what to do."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._explained(error) from error

    @contextmanager
    def _foreign(self) -> Iterator[None]:
        try:
            yield
        except ValidationError as error:
            raise StoreError(
                f"{self.path}: holds a grade that this version cannot read; update sevenstep, or "
                "name another folder"
            ) from error

    def _explained(self, error: sqlite3.Error) -> StoreError:
        text = str(error)
        for sign, problem, remedy in (
            ("locked", "is locked by another program", "close that program and try again"),
            ("not a database", "is no ledger", "move it away or name another folder"),
            ("no such", "is no ledger", "move it away or name another folder"),
            ("malformed", "is damaged", "restore a copy, or move it away and grade anew"),
            ("disk is full", "cannot be written, the disk is full", f"free space and {_AGAIN}"),
            ("readonly", "may not be written", "change its permissions or name another folder"),
            ("unable to open", "cannot be opened", "check that its folder may be written"),
        ):
            if sign in text:
                return StoreError(f"{self.path}: {problem}; {remedy}")
        return StoreError(f"{self.path}: {text}; check the disk, then {_AGAIN}")


def _require_one(changed: sqlite3.Cursor, answer_id: str) -> None:
    if changed.rowcount != 1:
        raise KeyError(answer_id)


def _add_spent(connection: sqlite3.Connection, usage: Iterable[ModelUsage]) -> None:
    for one in usage:
        connection.execute(_ADD_SPENT, tuple(one.model_dump().values()))

"""Keeps events in a database through SQLAlchemy, each committed before the call returns.

It knows nothing of what the events mean. Faults of the database become a `StoreError` that
says what to do.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy import exc

from agent.errors import InputError, StoreError
from agent.interview.events import EVENT, Event, Graded, Reviewed, Started
from agent.store.tables import events

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_BUSY_SECONDS = 5
_MIGRATION_LOCK = 7_0001
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
"""Whatever driver a URL names, these are the ones that are installed."""

_INSERT = events.insert()
_T = TypeVar("_T")


def default_path() -> Path:
    """The SQLite file in the user's data folder."""
    import platformdirs

    return platformdirs.user_data_path("sevenstep") / "sevenstep.db"


class SqlStore:
    """Events in a SQL database. Opening it makes or migrates the tables."""

    def __init__(self, database: str | None = None) -> None:
        """Open `database`: an SQLAlchemy URL, or a path to an SQLite file, or the default.

        Raises InputError for a URL that cannot be read, StoreError for a database that
        cannot be used.
        """
        self._url = _url(database)
        self._shown = self._url.render_as_string(hide_password=True)
        with self._faults():
            self._engine = _engine(self._url)
            try:
                _migrate(self._engine)
            except BaseException:
                self._engine.dispose()
                raise

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    async def append(self, interview: str, seq: int, event: Event) -> None:
        """Store an interview's event number `seq` (from 0); it is committed on return.

        Raises StoreError if that number is taken: the interview goes on somewhere else.
        """
        await self._run(lambda connection: _append(connection, interview, seq, event))

    async def events(self, interview: str) -> tuple[Event, ...]:
        """All events of an interview in their order; empty for an unknown one."""
        query = sa.select(events.c.payload).where(events.c.interview == interview)
        query = query.order_by(events.c.seq)
        return await self._run(
            lambda connection: tuple(map(self._parsed, connection.execute(query).scalars()))
        )

    async def interviews(
        self, owner: str | None = None
    ) -> tuple[tuple[Started, Graded | None], ...]:
        """Every interview's first event, and its grading as it stands now, oldest first.

        Only those of an `owner`, if one is named.
        """
        return await self._run(lambda connection: self._listed(connection, owner))

    def _listed(
        self, connection: sa.Connection, owner: str | None
    ) -> tuple[tuple[Started, Graded | None], ...]:
        # Reading the events takes longer than the queries, so that it is done in the thread, too.
        first = (
            sa.select(events.c.interview, events.c.payload)
            .where(events.c.type == "started")
            .order_by(events.c.at, events.c.interview)
        )
        started: dict[str, Started] = {}
        for name, payload in connection.execute(first):
            event = self._parsed(payload)
            if isinstance(event, Started) and owner in (None, event.owner):
                started[name] = event
        last = (
            sa.select(events.c.interview, events.c.payload)
            .where(events.c.type.in_(["graded", "reviewed"]))
            .order_by(events.c.at, events.c.interview, events.c.seq)
        )
        if owner is not None:
            last = last.where(events.c.interview.in_(list(started)))
        graded: dict[str, Graded] = {}
        for name, payload in connection.execute(last):
            event = self._parsed(payload)
            if isinstance(event, Graded):
                graded[name] = event
            elif isinstance(event, Reviewed) and name in graded:
                graded[name] = graded[name].model_copy(update={"scorecard": event.scorecard})
        return tuple((event, graded.get(name)) for name, event in started.items())

    def _parsed(self, payload: str) -> Event:
        try:
            return EVENT.validate_json(payload)
        except ValidationError as error:
            raise StoreError(
                f"database {self._shown}: holds an event that this version cannot read; "
                "update sevenstep, or name another with --db"
            ) from error

    async def _run(self, work: Callable[[sa.Connection], _T]) -> _T:
        def in_thread() -> _T:
            with self._faults(), self._engine.begin() as connection:
                return work(connection)

        return await asyncio.to_thread(in_thread)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn the database's faults into one line that says what to do."""
        try:
            yield
        except exc.IntegrityError as error:
            raise StoreError(
                "this interview was continued in another place; go on there, or resume it anew"
            ) from error
        except (exc.SQLAlchemyError, CommandError, OSError) as error:
            problem, remedy = _explained(error)
            raise StoreError(f"database {self._shown}: {problem}; {remedy}") from error


def _append(connection: sa.Connection, interview: str, seq: int, event: Event) -> None:
    row = {
        "interview": interview,
        "seq": seq,
        "type": event.type,
        "at": event.at,
        "payload": event.model_dump_json(),
    }
    # With the values apart from it the statement is put together once and not for every event.
    connection.execute(_INSERT, row)


def _url(database: str | None) -> sa.URL:
    if not database:
        return sa.URL.create("sqlite", database=str(default_path()))
    if "://" not in database:
        path = Path(database).expanduser()
        if path.is_dir():
            raise InputError(f"{database!r} is a folder; name a database file in it with --db")
        return sa.URL.create("sqlite", database=str(path))
    try:
        url = sa.make_url(database)
    except (exc.ArgumentError, ValueError) as error:
        raise InputError(
            f"{_without_password(database)!r} is no database URL; give a path or, for example, "
            "postgresql://user@host/name"
        ) from error
    driver = _DRIVERS.get(url.get_backend_name(), url.drivername)
    return url.set(drivername=driver)


def _without_password(database: str) -> str:
    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", database)


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        try:
            return sa.create_engine(url, pool_pre_ping=True)
        except exc.NoSuchModuleError as error:
            raise InputError(
                f"databases of the kind {url.drivername!r} are not known; use sqlite or postgresql"
            ) from error
        except ModuleNotFoundError as error:
            raise StoreError(
                f"the driver for {url.get_backend_name()!r} is not installed (no module "
                f"{error.name!r}); for PostgreSQL run pip install 'sevenstep[postgres]'"
            ) from error
    arguments: dict[str, Any] = {"connect_args": {"timeout": _BUSY_SECONDS}}
    if url.database in (None, "", ":memory:"):
        # One connection for all threads, since every connection would be a database of its own.
        arguments["connect_args"]["check_same_thread"] = False
        arguments["poolclass"] = sa.StaticPool
    elif not url.database.startswith("file:"):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, **arguments)
    sa.event.listen(engine, "connect", _durable)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _durable(connection: Any, _: object) -> None:
    """Commits survive a crash, and readers do not block the writer."""
    # The driver's own transactions leave out DDL: a migration would not be all or nothing.
    connection.isolation_level = None
    cursor = connection.cursor()
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: sa.Engine) -> None:
    """Bring the tables up to date, in one transaction and in one process at a time."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    head = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _explained(error: Exception) -> tuple[str, str]:
    cause = getattr(error, "orig", None) or error
    text = str(getattr(cause, "strerror", None) or cause).strip().splitlines()[0]
    for sign, problem, remedy in (
        ("locked", "is locked by another program", "close that program and try again"),
        ("not a database", "is not an SQLite database", "name another with --db"),
        ("malformed", "is damaged", "restore a copy, or name another with --db"),
        ("disk is full", "cannot be written, the disk is full", "free some space and resume"),
        ("readonly", "may not be written", "change its permissions or name another with --db"),
        ("unable to open", "cannot be opened", "check that the folder may be written"),
        ("Can't locate revision", "was made by a newer version", "update sevenstep"),
        ("already exists", "holds the tables of another program", "name another with --db"),
        ("Permission denied", "may not be opened", "change its permissions or use --db"),
    ):
        if sign.lower() in text.lower():
            return problem, remedy
    return text, "check --db and SEVENSTEP_DATABASE_URL"

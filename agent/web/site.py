"""What all pages of a server share."""

from dataclasses import dataclass
from pathlib import Path

from agent.store.sql import SqlStore
from agent.web.library import Library
from agent.web.offers import Offers
from agent.web.rooms import Rooms
from agent.web.work.jobs import Jobs
from agent.web.work.studies import Studies


@dataclass(frozen=True)
class Site:
    """The parts of a server."""

    store: SqlStore
    library: Library
    rooms: Rooms
    jobs: Jobs
    studies: Studies
    offers: Offers
    folder: Path
    has_users: bool = False

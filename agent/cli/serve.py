"""`sevenstep serve`: the interview room in the browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import options as shared

if TYPE_CHECKING:
    from agent.llm.providers import Chosen
    from agent.web.access.auth import Auth


def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")
    ] = 8080,
    host: Annotated[
        str, typer.Option(help="The address to listen at; other than loopback needs --auth.")
    ] = "127.0.0.1",
    auth: Annotated[
        str | None,
        typer.Option(
            metavar="password|header:NAME",
            help="How people log in: with a password (`sevenstep password` makes users), or at a "
            "proxy that names them in a header.",
            show_default="no login, on loopback only",
        ),
    ] = None,
    users: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Names and hashes of passwords.", show_default="in the data folder"
        ),
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Proxies that are believed.", show_default="loopback"),
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The site's address as browsers see it.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where uploads go.", show_default="in the data folder"),
    ] = None,
    model: shared.Model = None,
    observer_model: shared.ObserverModel = None,
    base_url: shared.BaseUrl = None,
    timeout: shared.Timeout = None,
    db: shared.Db = None,
    rubrics: shared.Rubrics = None,
    scenarios: shared.Scenarios = None,
) -> None:
    """Serve the interview room: practice, progress, grading and rubrics in the browser."""
    from agent.llm.connect import require_named
    from agent.llm.providers import chosen
    from agent.store.sql import default_path
    from agent.web.access.auth import auth_for

    folder = default_path().parent
    plan = auth_for(
        host,
        auth,
        users=users or folder / "users.txt",
        trusted_proxies=trusted_proxy or (),
        public_url=public_url,
    )
    first = chosen(model, observer_model, base_url)
    require_named(first.choice)
    _serve(plan, first, host, port, data or folder / "web", timeout, db, rubrics, scenarios)


def _serve(
    plan: "Auth",
    first: "Chosen",
    host: str,
    port: int,
    folder: Path,
    timeout: float | None,
    db: str | None,
    rubrics: list[Path] | None,
    scenarios: list[Path] | None,
) -> None:
    with shared.extra("web"):
        from agent.web.app import serve
    from agent.catalog import DEFAULT_RUBRIC
    from agent.llm.servers import USUAL
    from agent.web.access.auth import Local, Passwords
    from agent.web.access.sessions import kept_secret
    from agent.web.library import Library
    from agent.web.offers import Offers
    from agent.web.rooms import Rooms
    from agent.web.site import Site
    from agent.web.work.jobs import Jobs
    from agent.web.work.studies import Studies

    library = Library(shared.catalog(rubrics, scenarios), timeout=timeout)
    # Faults in folders of one's own are told now, and not to the first who comes.
    library.rubric(DEFAULT_RUBRIC)
    library.scenarios()
    store = shared.store(db)
    folder.mkdir(parents=True, exist_ok=True)

    def ready(address: str) -> None:
        typer.echo(f"sevenstep is at {address} (Ctrl-C stops it)")
        if first.told:
            typer.echo(first.told)
        if isinstance(plan, Passwords) and not plan.origin.startswith("https://"):
            typer.echo(
                "Passwords cross the network as they are: put a proxy with TLS in front, and name "
                "its address with --public-url.",
                err=True,
            )

    is_local = isinstance(plan, Local)
    # Our keys are sent to the servers of models, so that only their owner may name new ones.
    servers = None if is_local else {url for _, url in USUAL} | {first.choice.base_url or ""}
    jobs = Jobs(folder / "jobs", servers=servers)
    site = Site(
        store=store,
        library=library,
        rooms=Rooms(store, library),
        jobs=jobs,
        studies=Studies(folder / "studies", jobs.grades_folder, servers=servers),
        offers=Offers(first),
        folder=folder,
        has_users=not is_local,
    )
    try:
        serve(site, plan, host=host, port=port, secret=kept_secret(folder / "secret"), ready=ready)
    finally:
        store.close()

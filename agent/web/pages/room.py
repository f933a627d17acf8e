"""The room: the steps, the conversation, the box for the answer, notes and diagram.

It shows what `agent.web.rooms` holds and hands on what the candidate wants; any number of tabs
may look at the same room.
"""

import asyncio
from collections.abc import Awaitable
from pathlib import Path

from nicegui import ui

from agent.errors import EngineUnavailableError, SevenstepError
from agent.interview.plan import Pace
from agent.ports import EngineChoice, Intent
from agent.report import words
from agent.transcript import Party
from agent.web.conversation import Conversation
from agent.web.diagram import DiagramPane
from agent.web.layout import complain, frame, owner, told
from agent.web.rooms import Room
from agent.web.site import Site
from agent.web.widgets import Words, box, button, link, set_attributes

_HERE = Path(__file__).resolve().parent.parent / "static"


_INTRO = (
    "Answer as you would in an interview, and ask about users, scale and limits. A hint is there "
    "when you are stuck; it is noted on the scorecard."
)


_FAREWELL_SECONDS = 2.0
_MOST_OF_A_NOTE = 5000
_MOST_OF_A_KEY = 64
# Whether an answer stands in the box unsent; nothing for the second click of a double click.
_ENDING = (
    "(event) => event.detail < 2 && emit(document.getElementById('answer-box').value.trim() !== '')"
)


class _Composer(ui.element, component=_HERE / "composer.js"):
    """See composer.js."""


class _Rail(ui.element, component=_HERE / "rail.js"):
    """See rail.js."""


class _Voice(ui.element, component=_HERE / "voice.js"):
    """See voice.js."""


def add(site: Site) -> None:
    """Add the page to the site."""

    @ui.page("/room/{interview}", response_timeout=60)
    @told(site)
    async def page(interview: str, offline: bool = False) -> None:
        choice = EngineChoice() if offline else None
        try:
            room = await site.rooms.enter(owner(), interview, choice)
        except EngineUnavailableError as error:
            _unavailable(site, interview, str(error))
            return
        with frame(site, room.session.plan.scenario.title, "/", "room"):
            view = _View(site, room)
        ui.context.client.on_delete(room.watch(view.changed))


def _unavailable(site: Site, interview: str, why: str) -> None:
    with frame(site, "The model cannot be used", "/"):
        Words("The model cannot be used", "h1")
        Words(f"{why}.")
        Words("Nothing is lost: the interview is kept as it stands.")
        with box("p", "actions"):
            link("Try again", f"/room/{interview}", "primary")
            link("Go on with the offline engine", f"/room/{interview}?offline=true", "button")
            link("Keep it for later", "/", "button")


class _View:
    """One tab's picture of a room."""

    def __init__(self, site: Site, room: Room) -> None:
        self._site = site
        self._room = room
        self._client = ui.context.client
        self._is_due = False
        self._notes_shown = 0
        self._rail_told: tuple[object, ...] = ()
        self._standing: tuple[object, ...] = ()
        self._was_graded = room.session.state.scorecard is not None
        self._draw()
        self._show()

    def changed(self) -> None:
        """Show the room as it is, soon: several changes at once are shown at once."""
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._show)

    def _draw(self) -> None:
        plan, storage = self._room.session.plan, f"sevenstep:{self._room.id}"
        with box(classes="room-steps"):
            self._rail = _Rail()
            set_attributes(self._rail, timed=plan.options.pace is Pace.timed)
            self._rail.on("go", lambda event: self._do(self._room.wish(Intent.move_to, event.args)))
        with box(classes="room-middle"):
            Words(plan.scenario.title, "h1")
            self._intro = Words(_INTRO, "p", "muted")
            self._conversation = Conversation(self._room)
            self._status = Words("", "p", "status").attributes(role="status")
            self._banner = box("div", "banner", role="alert")
            self._draw_controls(storage)
        with box("aside", "room-side", aria_label="Notes and diagram"):
            self._draw_panes(storage)

    def _draw_controls(self, storage: str) -> None:
        self._composer = _Composer()
        set_attributes(
            self._composer,
            storage=storage,
            known=sorted(self._room.session.state.keys),
            busy=False,
        )
        self._composer.on("send", lambda event: self._send(event.args))
        with box("div", "controls", role="group", aria_label="Interview") as self._controls:
            self._hint = button("Hint", lambda: self._wish(Intent.ask_hint), "quiet", once=True)
            self._hint.attributes(title="A hint is noted on the scorecard.")
            self._next = button("Next step", lambda: self._wish(Intent.move_on), "quiet", once=True)
            self._pause = button("Pause", self._toggle_pause, "quiet", once=True)
            self._voice = _Voice()
            end = button("End…", lambda: None, "quiet")
            end.on("click", lambda event: self._ask_end(event.args is True), js_handler=_ENDING)

    def _draw_panes(self, storage: str) -> None:
        with box("details", "pane drawing"):
            Words("Diagram", "summary")
            DiagramPane(storage)
        with box("details", "pane notes-pane"):
            Words("Private notes", "summary")
            Words("They are kept with the interview and are no evidence.", "p", "muted")
            self._notes = box("ul", "plainlist")
            with box("label", "field"):
                Words("A new note", "span")
                self._note = ui.element("textarea")
                set_attributes(self._note, rows=3, maxlength=_MOST_OF_A_NOTE)
            keep = button("Keep the note", lambda: None, "quiet")
            keep.on(
                "click",
                lambda event: self._keep_note(event.args),
                js_handler=f"(e) => e.detail < 2 && emit(getElement({self._note.id}).value)",
            )

    async def _send(self, sent: object) -> None:
        if not isinstance(sent, dict):
            return
        key, text = str(sent.get("key", ""))[:_MOST_OF_A_KEY], str(sent.get("text", ""))
        try:
            await self._room.answer(text, key)
        except SevenstepError as error:
            self._composer.run_method("refused", key, f"Not sent: {error}")
        else:
            self._composer.run_method("accepted", key)

    async def _wish(self, intent: Intent) -> None:
        await self._do(self._room.wish(intent))
        # Its button is disabled while the interviewer speaks, and would lose the focus to nobody.
        self._composer.run_method("focus")

    async def _do(self, wish: Awaitable[None]) -> None:
        try:
            await wish
        except SevenstepError as error:
            complain(str(error))

    async def _toggle_pause(self) -> None:
        room = self._room
        await self._do(room.unpause() if room.session.state.paused else room.pause())

    async def _keep_note(self, text: object) -> None:
        if not isinstance(text, str) or not text.strip():
            return
        try:
            await self._room.note(text.strip()[:_MOST_OF_A_NOTE])
        except SevenstepError as error:
            complain(str(error))
        else:
            ui.run_javascript(f"getElement({self._note.id}).value = ''")

    async def _ask_end(self, unsent: bool) -> None:
        await self._do(self._room.pause())
        with ui.dialog() as dialog, box("div", "dialog", role="document"):
            Words("End the interview?", "h2")
            Words("It is graded on what was said so far; steps not reached do not count.")
            if unsent:
                Words("What stands in the box was not sent: it does not count either.", "strong")
            with box("p", "actions"):
                button("Grade it now", lambda: dialog.submit("grade"), "primary")
                button("Keep it for later", lambda: dialog.submit("keep"), "button")
                button("Go on", lambda: dialog.submit("go on"), "button")
        wish = await dialog
        if self._client.is_deleted:
            return  # The tab was closed with the question open: the clock stays stopped.
        dialog.delete()
        if wish == "grade":
            await self._do(self._room.end())
        elif wish == "keep":
            ui.navigate.to("/")
        else:
            await self._do(self._room.unpause())
            self._composer.run_method("focus")

    def _show(self) -> None:
        self._is_due = False
        if self._client.is_deleted:
            return
        room, state = self._room, self._room.session.state
        with self._client:
            self._conversation.show()
            self._show_rail()
            self._show_notes()
            self._intro.set_visibility(state.candidate_turns == 0)
            self._status.set_text(self._doing())
            is_over = state.ended is not None
            set_attributes(self._composer, busy=not room.session.is_open)
            self._composer.set_visibility(not is_over)
            self._controls.set_visibility(not is_over)
            for one in (self._hint, self._next):
                one.attributes(disabled=(not room.session.is_open) or None)
            self._pause.set_text("Go on" if state.paused else "Pause")
            said = [turn for turn in state.turns if turn.speaker is Party.interviewer]
            if said:
                set_attributes(self._voice, said=said[-1].text, turn=said[-1].index)
            self._show_banner()
            if state.scorecard is not None and not self._was_graded:
                self._was_graded = True
                # The farewell can be read before.
                ui.timer(_FAREWELL_SECONDS, self._open_report, once=True)

    def _open_report(self) -> None:
        ui.navigate.to(f"/interviews/{self._room.id}/report")

    def _doing(self) -> str:
        room, state = self._room, self._room.session.state
        if not room.is_working:
            return ""
        if state.pending == "grade":
            return "The interview is over. Your scorecard is being made…"
        return "" if room.speaking else "The interviewer is thinking…"

    def _show_rail(self) -> None:
        session = self._room.session
        state, plan = session.state, session.plan
        steps = []
        for step in plan.steps():
            now = step.id == state.step and not state.ended
            # The clock has run since the last event; the state does not know of that.
            running = session.active_seconds - state.clock if now else 0.0
            steps.append(
                {
                    "id": step.id,
                    "title": step.title,
                    "seconds": state.seconds_in(step.id) + running,
                    "budget": plan.seconds(step.id),
                    "turns": state.turns_in(step.id),
                    "turn_budget": plan.turns(step.id),
                    "state": "now" if now else "done" if step.id in state.entered else "todo",
                }
            )
        is_over = state.ended is not None
        running = not (state.paused or is_over)
        # The rail counts the seconds by itself.
        told = [(one["state"], one["turns"]) for one in steps], running, session.is_open
        if told != self._rail_told:
            self._rail_told = told
            set_attributes(
                self._rail, steps=steps, running=running, open=session.is_open, over=is_over
            )

    def _show_notes(self) -> None:
        notes = self._room.session.state.notes
        with self._notes:
            for note in notes[self._notes_shown :]:
                Words(note, "li", "said")
        self._notes_shown = len(notes)

    def _show_banner(self) -> None:
        room, state = self._room, self._room.session.state
        standing = (room.broken, room.fault, state.paused, state.scorecard is not None)
        if standing == self._standing:
            return
        self._standing = standing
        self._banner.clear()
        with self._banner:
            if room.broken is not None:
                self._broken(room.broken)
            elif room.fault is not None:
                self._fault(room.fault)
            elif state.scorecard is not None:
                card = state.scorecard
                Words(f"{words.decision(card.decision)}, {words.percent(card.percent)}", "strong")
                link("Open the report", f"/interviews/{room.id}/report", "primary")
            elif state.paused:
                Words("Paused: the clock stands still.", "span")
                button("Go on", lambda: self._do(room.unpause()), "primary")

    def _broken(self, why: str) -> None:
        Words("This could not be kept", "strong")
        Words(f"{why[:1].upper()}{why[1:]}.", "span")
        button("Load it again", ui.navigate.reload, "primary")

    def _fault(self, why: str) -> None:
        Words("The model cannot be used", "strong")
        Words(f"{why}. Nothing is lost.", "span")
        button("Try again", self._room.go_on, "primary")
        button(
            "Go on with the offline engine",
            lambda: self._do(self._site.rooms.take_offline(self._room)),
            "button",
        )
        link("Keep it for later", "/", "button")

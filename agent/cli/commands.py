"""The commands inside an interview: what they are called and what they do."""

from typing import NamedTuple

from agent.cli.screen import Screen
from agent.errors import InputError
from agent.interview.plan import Pace, Plan
from agent.interview.session import Session, first_word_of
from agent.ports import Intent
from agent.report import words

HELP = {
    "/hint": "a hint about the question, stronger each time (it is noted on the scorecard)",
    "/next": "on to the next step",
    "/back STEP": "back to a step, for example /back metrics",
    "/pause": "stop the clock",
    "/time": "time and turns by step",
    "/cost": "calls to the model so far, tokens, price and waiting time",
    "/notes TEXT": "keep a private note; /notes alone shows them",
    "/quit": "grade now, or keep the interview for later",
    "/help": "this list",
}
_NAMES = frozenset(shown.split()[0].removeprefix("/") for shown in HELP)


class CommandError(InputError):
    """A command that does not exist or lacks something."""


class Command(NamedTuple):
    """A command with what stands behind it."""

    name: str
    rest: str

    @property
    def typed(self) -> str:
        """As it was typed."""
        return f"/{self.name} {self.rest}".rstrip()


def parse_command(text: str) -> Command | None:
    """The command in a message, or None if it is an answer.

    Raises CommandError for an unknown one. An answer that begins with a slash is sent by
    putting a space before it.
    """
    if not text.startswith("/") or "\n" in text.strip():
        return None
    name, _, rest = text.strip().removeprefix("/").partition(" ")
    if name.lower() not in _NAMES:
        raise CommandError(
            f"there is no command /{name}; /help lists them (to send this as an answer, "
            "put a space before it)"
        )
    return Command(name.lower(), rest.strip())


async def run_command(session: Session, screen: Screen, command: Command) -> None:
    """Carry out a command; what `/quit` means is for the caller to say."""
    match command.name:
        case "hint":
            await session.command(command.typed, Intent.ask_hint)
        case "next":
            await session.command(command.typed, Intent.move_on)
        case "back":
            step = _step(session, command.rest)
            await session.command(command.typed, Intent.move_to, step)
        case "time":
            _show_time(session, screen)
        case "notes":
            await _notes(session, screen, command.rest)
        case "help":
            screen.table(HELP.items())
        case "cost":
            _show_cost(session, screen)
        case "pause":
            await session.pause()


def named_step(plan: Plan, wanted: str) -> str:
    """The step of this interview that `wanted` names: an id, or how an id or title begins.

    Raises CommandError if there is none.
    """
    low = wanted.lower()
    for step in plan.steps():
        names = (step.id, step.id.replace("_", " "), step.title.lower(), *step.called)
        if any(name.startswith(low) for name in names):
            return step.id
    known = ", ".join(step.id for step in plan.steps())
    raise CommandError(f"unknown step {wanted!r}; the steps of this interview are {known}")


def _step(session: Session, wanted: str) -> str:
    """The step that `/back` names, or the one before."""
    if wanted:
        return named_step(session.plan, wanted)
    entered = session.state.entered
    here = entered.index(session.state.step or entered[-1])
    if here == 0:
        raise CommandError("there is no step before this one")
    return entered[here - 1]


def _show_time(session: Session, screen: Screen) -> None:
    state, plan = session.state, session.plan
    rows = []
    for step in plan.steps():
        count = state.turns_in(step.id)
        used = f"{count} {'turn' if count == 1 else 'turns'}"
        if plan.options.pace is Pace.timed:
            spent = state.seconds_in(step.id)
            if step.id == state.step:
                spent += session.active_seconds - state.clock
            used = f"{spent / 60:4.1f} of {plan.seconds(step.id) / 60:4.1f} min, {used}"
        rows.append((f"{'→' if step.id == state.step else ' '} {step.title}", used))
    screen.table(rows)


def _show_cost(session: Session, screen: Screen) -> None:
    usage = session.state.usage
    if not usage:
        screen.tell("No model has been called.")
        return
    screen.table((one.model, words.usage(one)) for one in usage)
    first = first_word_of(session.state)
    if first is not None:
        screen.tell(words.first_word(first))


async def _notes(session: Session, screen: Screen, text: str) -> None:
    if text:
        await session.note(text)
        screen.tell("Noted.")
        return
    for note in session.state.notes or ("No notes yet; /notes TEXT keeps one.",):
        screen.tell(f"· {note}")

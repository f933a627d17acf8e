"""The first page: what to go on with, which problem to take, and how to be interviewed."""

from collections.abc import Mapping
from functools import partial

from nicegui import ui

from agent.engines import rubric_and_scenario
from agent.errors import SevenstepError
from agent.interview.events import Started
from agent.interview.plan import Options, Pace, checked_steps
from agent.ports import Style
from agent.progress import ScenarioHistory, by_scenario, unfinished
from agent.report import words
from agent.rubric import Rubric, Seniority
from agent.scenario import Scenario
from agent.web.layout import complain, frame, owner, told
from agent.web.offers import Offer
from agent.web.shelf import Shelf
from agent.web.shown.figures import least_recent
from agent.web.site import Site
from agent.web.widgets import Words, box, button, check, choose, link, set_attributes

_RUBRIC = "ml_system_design"
_MOST_UNFINISHED = 5
_TIMES = {
    "": "Usual: {minutes:g} minutes",
    "30": "30 minutes",
    "20": "20 minutes",
    "relaxed": "Relaxed: no clock",
}
_STYLES = {Style.neutral: "Neutral", Style.friendly: "Friendly", Style.tough: "Tough"}


def add(site: Site) -> None:
    """Add the page to the site."""

    @ui.page("/", response_timeout=30)
    @told(site)
    async def start(scenario: str = "", steps: str = "") -> None:
        entries = await site.store.interviews(owner())
        history = by_scenario(entries)
        rubric = site.library.rubric(_RUBRIC)
        chosen = checked_steps(rubric, tuple(filter(None, steps.split(","))))
        with frame(site, "Practise", "/"):
            Words("Practise an ML system design interview", "h1")
            Words(
                "An interviewer leads you through seven steps, from the problem to running it in "
                "production, and asks about what you say. At the end you get a scorecard with the "
                "passages that it rests on.",
                classes="lead",
            )
            _unfinished(site, unfinished(entries))
            form = _Form(
                site,
                rubric,
                scenario or least_recent([one.id for one in site.library.scenarios()], history),
                chosen,
            )
            form.draw(history, await site.offers.all())


def _unfinished(site: Site, begun: tuple[Started, ...]) -> None:
    if not begun:
        return
    with box("section", "unfinished", aria_labelledby="go-on"):
        Words("Go on", "h2").attributes(id="go-on")
        with box("ul", "plainlist"):
            for one in begun[:_MOST_UNFINISHED]:
                with box("li"):
                    title = _title(site, one)
                    link(f"Continue: {title}", f"/room/{one.interview}", "primary")
                    if one.options.steps:
                        Words("drill", "span", "tag")
                    Words(f"begun {words.moment(one.at)}", "span", "muted")
        if len(begun) > _MOST_UNFINISHED:
            link(f"All {len(begun)} that are unfinished", "/progress")


def _title(site: Site, begun: Started) -> str:
    try:
        return rubric_and_scenario(begun, site.library)[1].title
    except SevenstepError:
        # It was about a file that is not here any more; its page tells what to do.
        return begun.scenario


class _Form:
    """What is chosen for the interview to be."""

    def __init__(self, site: Site, rubric: Rubric, scenario: str, steps: tuple[str, ...]) -> None:
        self._site = site
        self._rubric = rubric
        self._scenario = Shelf(site.library).scenario(scenario).id
        self._level = Seniority.mid.value
        self._time = ""
        self._style = Style.neutral.value
        self._offer = 0
        self._steps = set(steps)
        self._offers: tuple[Offer, ...] = ()
        self._is_starting = False

    def draw(self, history: Mapping[str, ScenarioHistory], offered: tuple[Offer, ...]) -> None:
        """Put the form on the page."""
        self._offers = offered
        with box("fieldset", "cards"):
            Words("Choose a problem", "legend")
            for scenario in self._site.library.scenarios():
                self._card(scenario, history.get(scenario.id))
        with box("fieldset", "settings"):
            Words("How do you want to be interviewed?", "legend")
            levels = {one.value: words.seniority(one) for one in Seniority}
            choose("Level", levels, self._level, self._set_level)
            times = choose("Time", {**_TIMES, "": self._usual()}, self._time, self._set_time)
            self._usual_option = times.default_slot.children[0]
            styles = {one.value: shown for one, shown in _STYLES.items()}
            choose("Tone", styles, self._style, self._set_style)
            titles = {str(at): offer.title for at, offer in enumerate(offered)}
            choose("Interviewer", titles, "0", self._set_offer)
        with box("details", "drill") as drill:
            if self._steps:
                set_attributes(drill, open=True)
            Words("Drill single steps instead of the whole interview", "summary")
            with box("fieldset", "checks"):
                Words("Steps; none ticked means all", "legend")
                for step in self._rubric.steps:
                    check(
                        step.title,
                        partial(self._set_step, step.id),
                        value=step.id in self._steps,
                    )
        with box("p", "actions"):
            self._begin = button("Begin the interview", self._start, "primary large")
            Words("You can pause, and come back to it later.", "span", "muted")

    def _card(self, scenario: Scenario, history: ScenarioHistory | None) -> None:
        with box("label", "card"):
            choice = box("input", type="radio", name="scenario", value=scenario.id)
            if scenario.id == self._scenario:
                set_attributes(choice, checked=True)
            choice.on("change", lambda _: self._set_scenario(scenario.id), args=[])
            with box("span", "card-body"):
                Words(scenario.title, "strong")
                Words(scenario.summary, "span")
                with box("span", "tags"):
                    Words(scenario.domain, "span", "tag")
                    Words(scenario.difficulty, "span", "tag")
                    if history is None:
                        Words("not tried yet", "span", "tag")
                        return
                    if history.best is not None:
                        Words(f"best {words.percent(history.best)}", "span", "tag strong")
                    Words(f"last tried {history.last:%Y-%m-%d}", "span", "tag")

    def _set_scenario(self, name: str) -> None:
        self._scenario = name

    def _set_level(self, value: str) -> None:
        self._level = value

    def _set_time(self, value: str) -> None:
        self._time = value

    def _set_style(self, value: str) -> None:
        self._style = value

    def _set_offer(self, value: str) -> None:
        self._offer = int(value)

    def _set_step(self, name: str, on: bool) -> None:
        (self._steps.add if on else self._steps.discard)(name)
        if isinstance(self._usual_option, Words):
            self._usual_option.set_text(self._usual())

    def _usual(self) -> str:
        asked = [step for step in self._rubric.steps if step.id in self._steps]
        minutes = sum(step.minutes for step in asked or self._rubric.steps)
        return _TIMES[""].format(minutes=minutes)

    def _options(self) -> Options:
        relaxed = self._time == "relaxed"
        return Options(
            level=Seniority(self._level),
            pace=Pace.relaxed if relaxed else Pace.timed,
            minutes=float(self._time) if self._time and not relaxed else None,
            steps=tuple(step.id for step in self._rubric.steps if step.id in self._steps),
            style=Style(self._style),
        )

    async def _start(self) -> None:
        if self._is_starting:
            return
        self._is_starting = True
        self._begin.set_text("One moment…")
        self._begin.attributes(disabled=True)
        try:
            room = await self._site.rooms.begin(
                owner(),
                self._scenario,
                self._options(),
                self._offers[self._offer].choice,
                _RUBRIC,
            )
        except SevenstepError as error:
            complain(f"The interview could not begin: {error}")
        else:
            ui.navigate.to(f"/room/{room.id}")
            return
        self._is_starting = False
        self._begin.set_text("Begin the interview")
        self._begin.attributes(disabled=None)

"""The form of a grading: what answers are graded against, by whom, and what that may take.

What its fields come to is decided in `agent.web.shown.drafts`.
"""

from collections.abc import Callable, Sequence

from nicegui.events import GenericEventArguments

from agent.catalog import Catalog
from agent.llm.providers import OFFLINE
from agent.report import words
from agent.rubric import Seniority
from agent.web.offers import Offer
from agent.web.shown.drafts import COLUMNS, OWN, Draft, draft_of, order_of
from agent.web.widgets import Words, box, choose, field, set_attributes
from agent.web.work.orders import OWN_ENDINGS, GradingOrder

_OFFLINE = "Offline: matches wording, no language model"
_VALUE = "(event) => emit(event.target.value)"


class OrderForm:
    """What is chosen, beginning with what was ordered last."""

    def __init__(
        self,
        catalog: Catalog,
        rubrics: dict[str, str],
        written: frozenset[str],
        scenarios: dict[str, str],
        offered: Sequence[Offer],
        changed: Callable[[], None],
    ) -> None:
        """`rubrics` and `scenarios` are ids with titles, `written` the rubrics without levels."""
        self._catalog = catalog
        self._rubrics = rubrics
        self._written = written
        self._scenarios = scenarios
        self._offers = tuple(offered)
        self._changed = changed
        self._draft = Draft(choice=offered[0].choice)
        self._uploaded: tuple[str, ...] = ()
        self._is_busy = False
        self._place = box("div")
        self._draw()

    def order(self) -> GradingOrder:
        """What is ordered now; raises InputError naming the field."""
        return order_of(self._draft, self._catalog)

    def take(self, order: GradingOrder) -> None:
        """Show an order, such as another tab's."""
        self._draft = draft_of(order)
        self._draw()

    def show(self, names: Sequence[str], *, is_busy: bool) -> None:
        """Show what belongs to these files, by name."""
        uploaded = tuple(name for name in names if name.lower().endswith(OWN_ENDINGS))
        if uploaded != self._uploaded:
            self._uploaded = uploaded
            if self._draft.is_own_rubric and self._draft.rubric not in uploaded:
                self._draft = self._draft.model_copy(update={"rubric": ""})
            self._draw_rubrics()
        if is_busy is not self._is_busy:
            self._is_busy = is_busy
            set_attributes(self._fields, disabled=is_busy or None)
        self._fit()

    def _draw(self) -> None:
        self._place.clear()
        with self._place, box("fieldset") as self._fields:
            set_attributes(self._fields, aria_label="Settings", disabled=self._is_busy or None)
            Words("What to grade against", "h2")
            with box("div", "settings"):
                self._rubric_box = box()
                asked = {"": "The files or the rubric say it", OWN: "A question of my own"}
                choose(
                    "What was asked", asked | self._scenarios, self._draft.asked, self._set("asked")
                )
                with box() as self._level:
                    levels = {one.value: words.seniority(one) for one in Seniority}
                    choose("Level", levels, self._draft.seniority, self._set("seniority"))
            self._draw_rubrics()
            with box() as self._question:
                self._area("The question", "question")
            with box("details"):
                Words("Reference answer and names of columns", "summary")
                self._area("Reference answer, if there is one", "reference")
                with box("div", "settings"):
                    for name, shown in COLUMNS.items():
                        self._column(name, shown)
            Words("Grader", "h2")
            with box("div", "settings"):
                self._graders()
                with box() as self._samples:
                    self._field("samples", "Grades for each answer", inputmode="numeric")
            with box("details") as self._limits:
                Words("Limits and price", "summary")
                with box("div", "settings"):
                    self._field(
                        "max_cost", "Most dollars", placeholder="no limit", inputmode="decimal"
                    )
                    self._field(
                        "max_tokens", "Most tokens", placeholder="no limit", inputmode="numeric"
                    )
                    self._field(
                        "price",
                        "Price in, out: $ for a million tokens",
                        placeholder="the list price, if it is known",
                    )
        self._fit()

    def _draw_rubrics(self) -> None:
        options = {"": "The seven steps"} | self._rubrics
        options |= {name: f"{name} (uploaded)" for name in self._uploaded}
        draft = self._draft
        if draft.rubric and draft.rubric not in options:
            # It is told when the order is tried, rather than another one taken in its place.
            options[draft.rubric] = f"{draft.rubric} (not here any more)"
        self._rubric_box.clear()
        with self._rubric_box:
            choose("Graded by", options, draft.rubric, self._set("rubric"))
            if not self._uploaded:
                Words(
                    "Upload a .yaml above to grade by a rubric of your own; the page Rubrics has "
                    "examples.",
                    classes="muted",
                )

    def _graders(self) -> None:
        known = [(one.choice.model, one.choice.base_url) for one in self._offers]
        asked = (self._draft.choice.model, self._draft.choice.base_url)
        titles = {
            str(at): _OFFLINE if offer.choice.model == OFFLINE else offer.title
            for at, offer in enumerate(self._offers)
        }
        choices = [offer.choice for offer in self._offers]
        if asked not in known:
            titles[str(len(known))] = asked[0]
            choices.append(self._draft.choice)
            known.append(asked)

        def chosen(at: str) -> None:
            self._put("choice", choices[int(at)])

        choose("Who grades", titles, str(known.index(asked)), chosen)

    def _fit(self) -> None:
        """Show what belongs to what is chosen."""
        draft = self._draft
        self._question.set_visibility(draft.asked == OWN)
        self._level.set_visibility(draft.rubric not in self._written)
        self._samples.set_visibility(not draft.is_offline)
        self._limits.set_visibility(not draft.is_offline)

    def _column(self, name: str, shown: str) -> None:
        def typed(value: str) -> None:
            self._put("columns", {**self._draft.columns, name: value})

        field(f"Column for {shown}", self._draft.columns.get(name, ""), typed, placeholder=name)

    def _field(self, name: str, label: str, **attributes: object) -> None:
        field(label, getattr(self._draft, name), self._set(name), **attributes)  # type: ignore[arg-type]

    def _area(self, label: str, name: str) -> None:
        with box("label", "field"):
            Words(label, "span")
            made = box("textarea", rows=4, value=getattr(self._draft, name))

            def typed(event: GenericEventArguments) -> None:
                made.props["value"] = event.args
                self._put(name, str(event.args))

            made.on("input", typed, js_handler=_VALUE, throttle=0.2)

    def _set(self, name: str) -> Callable[[str], None]:
        return lambda value: self._put(name, value)

    def _put(self, name: str, value: object) -> None:
        self._draft = self._draft.model_copy(update={name: value})
        self._fit()
        self._changed()

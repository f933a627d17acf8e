"""The results of a grading on its page: a table of its answers, a part at a time, and its files."""

from nicegui import ui
from nicegui.events import GenericEventArguments

from agent.errors import SevenstepError
from agent.report import words
from agent.web.layout import complain, owner
from agent.web.shown.grading_links import PAGE_ROWS, Place, place_of, result_url
from agent.web.shown.results_table import results_table
from agent.web.site import Site
from agent.web.widgets import Words, box, button, choose, field, link
from agent.web.work.grades import Results

_VALUE = "(event) => emit(event.target.value)"
_STATUSES = {
    "": "All",
    "graded": "Graded",
    "partly": "Partly graded",
    "ungraded": "Not graded",
}
_FILES = {
    "report.html": "Open the report",
    "grades.csv": "Table (CSV)",
    "grades.jsonl": "All of it (JSON Lines)",
    "calibration.jsonl": "Reviews, to calibrate by (JSON Lines)",
}


class Answers:
    """The table, with its filter and its pages."""

    def __init__(self, site: Site, job_id: str, place: Place) -> None:
        self._site = site
        self._owner = owner()
        self._job = job_id
        self._client = ui.context.client
        self._place = place
        self._first = (place.at or 0) // PAGE_ROWS * PAGE_ROWS
        self._asked = 0
        self._total = 0
        self._draw()

    def _draw(self) -> None:
        self._files = box("p", "actions")
        with box("div", "settings", role="search", aria_label="Answers"):
            field("Id holds", self._place.named, self._name, kind="search")
            choose("Status", _STATUSES, self._place.status or "", self._status)
        self._told = Words("", "p", "muted").attributes(role="status")
        with box("div", "scroll answers", tabindex="0", role="region", aria_label="Answers"):
            self._table = ui.html("", sanitize=False)
        with box("p", "actions") as self._turns:
            self._before = button("Previous", lambda: self._turn(self._first - PAGE_ROWS))
            with box("span", "turn-to"):
                self._pages = field("Page", "1", lambda _: None, inputmode="numeric", size=5)
                self._pages.on("change", self._turn_to, js_handler=_VALUE)
                self._of = Words("", "span", "muted")
            self._after = button("Next", lambda: self._turn(self._first + PAGE_ROWS))

    async def load(self) -> None:
        """Read the rows and show them; what is asked for later goes first."""
        self._asked += 1
        asked, first = self._asked, self._first
        try:
            found = await self._site.jobs.results(
                self._owner,
                self._job,
                offset=first,
                limit=PAGE_ROWS,
                named=self._place.named,
                status=self._place.status,
            )
        except SevenstepError as error:
            complain(str(error))
            return
        if asked != self._asked or self._client.is_deleted:
            return
        if first and first >= found.total:
            self._first = max(0, found.total - 1) // PAGE_ROWS * PAGE_ROWS
            await self.load()
            return
        self._show(found)

    def _show(self, found: Results) -> None:
        self._total = found.total
        last = self._first + len(found.rows)
        shown = f"{self._first + 1:,} to {last:,} of {words.count(found.total, 'answer')}"
        is_filtered = bool(self._place.named or self._place.status)
        none = "No answer fits." if is_filtered else "No answers yet."
        self._told.set_text(shown if found.rows else none)
        table = results_table(self._job, found.rows, self._first, self._place)
        self._table.set_content(table if found.rows else "")
        pages = -(-found.total // PAGE_ROWS)
        self._turns.set_visibility(pages > 1)
        self._before.attributes(disabled=self._first == 0)
        self._after.attributes(disabled=last >= found.total)
        self._pages.props["value"] = f"{self._first // PAGE_ROWS + 1}"
        self._pages.update()
        self._of.set_text(f"of {pages:,}")
        self._files.clear()
        with self._files:
            there = self._site.jobs.downloads(self._owner, self._job)
            for name in sorted(there, key=list(_FILES).index):
                self._file(name)

    def _file(self, name: str) -> None:
        href = result_url(self._job, name)
        if name.endswith(".html"):
            link(_FILES[name], href, "primary")
        else:
            link(_FILES[name], href, "button", download=True)

    async def _name(self, value: str) -> None:
        self._place = self._place.model_copy(update={"named": value.strip()})
        await self._turn(0)

    async def _status(self, value: str) -> None:
        self._place = place_of("", self._place.named, value)
        await self._turn(0)

    async def _turn(self, first: int) -> None:
        self._first = max(0, first)
        await self.load()

    async def _turn_to(self, event: GenericEventArguments) -> None:
        number = str(event.args).replace(",", "").strip()
        if number.isascii() and number.isdecimal() and len(number) < 9:
            await self._turn((int(number) - 1) * PAGE_ROWS)
        else:
            complain(f"{number[:20]!r} is no page; write a number")

"""The files of a grading on its page: where they come in, which there are, and how one goes."""

from collections.abc import Sequence

from nicegui import ui

from agent.batch.source import KINDS
from agent.errors import SevenstepError
from agent.web.dropzone import Dropzone
from agent.web.layout import complain, owner
from agent.web.site import Site
from agent.web.widgets import Words, box, button
from agent.web.work.uploads import Quota, Upload


class Files:
    """The part of the page that is about files."""

    def __init__(self, site: Site, job_id: str) -> None:
        self._site = site
        self._owner = owner()
        self._job = job_id
        self._rows: dict[Upload, tuple[ui.element, Words]] = {}
        self._draw()

    def _draw(self) -> None:
        most = Quota()
        Words("Files", "h2")
        self._zone = Dropzone(
            "Add answers, or drop them here",
            f"/grade/{self._job}/files",
            kinds=KINDS,
            help="A table (CSV, TSV) or JSON Lines with an answer in each row, YAML, or a text "
            f"file (.md, .txt) for each answer; at most {most.file_bytes / 1e6:g} MB a file, "
            f"{most.job_files} files and {most.job_bytes / 1e6:g} MB in all. A rubric of your "
            "own (.yaml) belongs here, too.",
            most=most.file_bytes,
        )
        self._list = box("ul", "plainlist files", aria_label="Files that are here")
        self._none = Words("No files yet.", classes="muted")

    def show(self, files: Sequence[Upload], *, is_busy: bool) -> None:
        """Show the files as they are by now."""
        self._zone.enable(not is_busy)
        self._none.set_visibility(not files)
        # Row by row: each of hundreds of uploads is told of.
        for gone in self._rows.keys() - set(files):
            self._rows.pop(gone)[0].delete()
        for at, one in enumerate(files):
            if one not in self._rows:
                with self._list:
                    self._rows[one] = self._row(one)
                self._rows[one][0].move(target_index=at)
        for _, remove in self._rows.values():
            if remove.props.get("disabled", False) is not is_busy:
                remove.attributes(disabled=is_busy)

    def _row(self, one: Upload) -> tuple[ui.element, Words]:
        with box("li") as row:
            with box("span", "name"):
                Words(one.name, "bdi")
            Words(_bytes(one.size), "span", "muted")
            remove = button(
                "Remove", lambda: self._remove(one.name), "quiet", aria_label=f"Remove {one.name}"
            )
        return row, remove

    def _remove(self, name: str) -> None:
        try:
            self._site.jobs.remove_file(self._owner, self._job, name)
        except SevenstepError as error:
            complain(str(error))


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size:,} bytes"

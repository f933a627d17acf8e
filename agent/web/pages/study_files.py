"""The files of a measurement: uploaded, listed, removed, and described in a dataset.yaml."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from nicegui import ui
from nicegui.events import GenericEventArguments

from agent.batch.source import KINDS
from agent.errors import SevenstepError
from agent.web.dropzone import Dropzone
from agent.web.layout import complain, owner
from agent.web.shown.study_words import drafted
from agent.web.widgets import Words, box, button, set_attributes
from agent.web.work.studies import DATASET, Studies
from agent.web.work.uploads import Quota
from agent.yaml_bounds import require_bounded

_VALUE = "(event) => emit(event.target.value)"


class StudyFiles:
    """The files of one study on its page; drawn where it is made."""

    def __init__(self, studies: Studies, study_id: str) -> None:
        self._studies = studies
        self._owner = owner()
        self._study = study_id
        self._is_busy = False
        self._is_own_text = False
        self._shown: object = None
        self._section = box("section", aria_labelledby="files-heading")
        with self._section:
            self._draw()

    def set_visibility(self, is_shown: bool) -> None:
        """Show the section, or hide it."""
        self._section.set_visibility(is_shown)

    def show(self, *, is_busy: bool) -> None:
        """Show the files as they are by now; they cannot be changed while it is busy."""
        self._is_busy = is_busy
        files = self._studies.files(self._owner, self._study)
        if (files, is_busy) == self._shown:
            return  # else the keyboard's place in the list would be lost with each line of progress
        self._shown = files, is_busy
        self._zone.enable(not is_busy)
        names = [one.name for one in files]
        if not self._is_own_text:
            set_attributes(self._area, value=drafted(names))
        self._list.clear()
        with self._list:
            for one in files:
                with box("li"):
                    Words(one.name, "span", "name")
                    Words(f"{one.size:,} bytes", "span", "muted")
                    remove = button("Remove", partial(self._remove, one.name), "quiet")
                    remove.attributes(aria_label=f"Remove {one.name}", disabled=is_busy or None)
        if names and DATASET not in names:
            set_attributes(self._describe, open=True)

    def _draw(self) -> None:
        Words("Files", "h2").attributes(id="files-heading")
        Words(
            "Tables of answers with people’s grades, the rubric if it is your own, and a "
            "dataset.yaml that says which files and columns hold what.",
            classes="muted",
        )
        self._zone = Dropzone(
            "Add files, or drop them here",
            f"/studies/{self._study}/files",
            kinds=KINDS,
            help="CSV, TSV, JSON Lines, YAML",
            most=Quota().file_bytes,
            settled=self._again,
        )
        self._list = box("ul", "plainlist files", aria_label="Files that are here")
        with box("details") as self._describe:
            Words("Write the dataset.yaml here", "summary")
            with box("label", "field"):
                Words("dataset.yaml", "span")
                self._area = ui.element("textarea")
                set_attributes(self._area, rows=12, spellcheck="false", wrap="off", value="")
                self._area.on("input", self._typed, js_handler=_VALUE, throttle=0.2)
            keep = button("Keep it", lambda: None)
            keep.on(
                "click",
                lambda event: self._keep(str(event.args)),
                js_handler=f"() => emit(getHtmlElement({self._area.id}).value)",
            )

    def _again(self) -> None:
        self.show(is_busy=self._is_busy)

    def _remove(self, name: str) -> None:
        try:
            self._studies.remove_file(self._owner, self._study, name)
        except SevenstepError as error:
            complain(str(error))
        self._again()

    async def _keep(self, text: str) -> None:
        try:
            require_bounded(text, Path(DATASET))
            if DATASET in {one.name for one in self._studies.files(self._owner, self._study)}:
                self._studies.remove_file(self._owner, self._study, DATASET)
            await self._studies.upload(self._owner, self._study, DATASET, _whole(text))
        except SevenstepError as error:
            complain(str(error))
        self._again()

    def _typed(self, event: GenericEventArguments) -> None:
        # The page is drawn anew with what stands here.
        self._is_own_text, self._area.props["value"] = True, str(event.args)


async def _whole(text: str) -> AsyncIterator[bytes]:
    yield text.encode(errors="replace")

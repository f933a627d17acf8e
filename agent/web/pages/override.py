"""The form in which a person sets the level of a criterion, with a reason."""

from collections.abc import Awaitable, Callable

from agent.batch.review import Judgement
from agent.report import words
from agent.scorecard import CriterionGrade
from agent.web.layout import complain
from agent.web.widgets import Words, box, button, choose, field

_MOST_OPTIONS = 12
_SHOWN = 110
"""Characters of a level's text in a list of levels."""


class Override:
    """A new level for a criterion."""

    def __init__(
        self,
        grade: CriterionGrade,
        meaning: tuple[str, ...],
        by: str,
        keep: Callable[[Judgement], Awaitable[bool]],
    ) -> None:
        """`meaning` are the texts of the levels; `keep` says whether it could keep the word."""
        self._grade = grade
        self._meaning = meaning
        self._level = f"{grade.level}" if isinstance(grade.level, int) else ""
        self._reason = ""
        self._by = by
        self._keep = keep
        self._text: Words | None = None

    def draw(self) -> None:
        """Put it on the page."""
        grade = self._grade
        label = f"A new level for {grade.title}"
        with box("fieldset", "settings override", aria_label=label):
            if grade.top < _MOST_OPTIONS:
                options = {"": "Choose"} if not self._level else {}
                for level in range(grade.top + 1):
                    text = self._meaning[level] if level < len(self._meaning) else ""
                    shown = words.cut(text, _SHOWN)
                    options[f"{level}"] = f"{level}: {shown}" if shown else f"{level}"
                choose("New level", options, self._level, self._set_level)
                self._text = Words("", "p", "muted").attributes(role="status")
                self._tell()
            else:
                field(
                    f"New level, 0 to {grade.top}",
                    self._level,
                    self._set_level,
                    inputmode="numeric",
                )
            field("Reason", "", self._set_reason, autocomplete="off")
            field("By", self._by, self._set_by, autocomplete="name")
            with box("p", "actions"):
                self._button = button("Keep the level", self._done, "primary")

    async def _done(self) -> None:
        level = self._level.strip()
        if not (level.isascii() and level.isdecimal() and len(level) < 4):
            complain(f"Choose the new level of {self._grade.title}, 0 to {self._grade.top}.")
            return
        self._button.attributes(disabled=True)
        self._button.set_text("Keeping it…")
        said = Judgement(self._grade.id, int(level), self._reason, self._by)
        if not await self._keep(said):
            self._button.attributes(disabled=False)
            self._button.set_text("Keep the level")

    def _set_level(self, value: str) -> None:
        self._level = value
        self._tell()

    def _tell(self) -> None:
        """The whole text of the level: a choice shows but its beginning."""
        if self._text is not None:
            texts = {f"{level}": text for level, text in enumerate(self._meaning)}
            self._text.set_text(texts.get(self._level, ""))

    def _set_reason(self, value: str) -> None:
        self._reason = value

    def _set_by(self, value: str) -> None:
        self._by = value

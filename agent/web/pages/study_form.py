"""The form of a measurement: what is to be measured, on which answers, by whom."""

from pathlib import Path
from typing import Any

from nicegui import ui

from agent.llm.providers import OFFLINE
from agent.report import words
from agent.web.layout import owner
from agent.web.offers import Offer
from agent.web.pages.study_files import StudyFiles
from agent.web.shelf import Shelf
from agent.web.shown import study_words
from agent.web.site import Site
from agent.web.widgets import Words, box, check, choose, field, set_attributes
from agent.web.work.records import WorkState
from agent.web.work.studies import Study, StudyOrder, study_order

_JOB = "job:"
_OFFLINE = "Offline: matches wording, no language model"
_BY = {"grader": "The grader’s levels", "people": "People’s levels", "all": "Both"}


class StudyForm:
    """What is chosen for a study, beginning with what was ordered last."""

    def __init__(self, site: Site, shelf: Shelf, study: Study, offered: tuple[Offer, ...]) -> None:
        self._site = site
        self._shelf = shelf
        self._owner = owner()
        self._study = study.id
        self._offers = offered
        order = study.order or StudyOrder(kind="agreement")
        self._kind: str = order.kind
        self._given: dict[str, Any] = {
            "by": order.by,
            "part": order.part,
            "rubric": order.rubric,
            "answered": order.answered,
            "samples": str(order.samples),
            "max_cost": None if order.max_cost is None else f"{order.max_cost:g}",
            "target": f"{order.target:g}",
            "judges": str(order.judges),
        }
        source = f"{_JOB}{order.job}" if order.source == "job" else order.source
        self._sources = {"agreement": "uploaded", "rubric": "uploaded", order.kind: source}
        asked = (order.models[0], order.base_url)
        known = [(one.choice.model, one.choice.base_url) for one in offered]
        self._offer = known.index(asked) if study.order and asked in known else 0
        self._is_busy = False

    def order(self) -> StudyOrder:
        """What is ordered now; raises InputError naming the field."""
        source = self._sources[self._kind]
        choice = self._offers[self._offer].choice
        raw = {key: value for key, value in self._given.items() if value not in (None, "")}
        raw |= {"kind": self._kind, "source": source}
        if source.startswith(_JOB):
            raw = {key: raw[key] for key in ("kind", "target", "judges") if key in raw}
            raw |= {"source": "job", "job": source.removeprefix(_JOB)}
        elif not self._is_by_people:
            raw |= {"models": (choice.model,), "base_url": choice.base_url}
        catalog = self._site.library.shelf
        raw["rubric_folders"] = tuple(map(Path.resolve, catalog.rubric_folders))
        raw["scenario_folders"] = tuple(map(Path.resolve, catalog.scenario_folders))
        return study_order(raw)

    def draw(self) -> None:
        """Put the form on the page."""
        with box("fieldset", "settings") as self._fields:
            Words("What is measured", "legend")
            choose("Question", study_words.KINDS, self._kind, self._set_kind)
            self._source_boxes = {
                kind: self._source(kind, options) for kind, options in self._options().items()
            }
        self._files = StudyFiles(self._site.studies, self._study)
        with box("fieldset", "settings") as self._grader:
            Words("By whom", "legend")
            with box() as self._by:
                choose("Levels that are analysed", _BY, self._given["by"], self._set_by)
            with box() as self._model:
                titles = {
                    str(at): _OFFLINE if offer.choice.model == OFFLINE else offer.title
                    for at, offer in enumerate(self._offers)
                }
                choose("Grader", titles, str(self._offer), self._set_offer)
            with box() as self._cost:
                self._field("max_cost", "Most dollars", placeholder="no limit", inputmode="decimal")
            with box() as self._samples:
                self._field("samples", "Grades for each answer", inputmode="numeric")
        with box("details") as self._more:
            Words("More options", "summary")
            with box("div", "settings"):
                with box() as self._of_dataset:
                    self._field("part", "Only the part", placeholder="all of it")
                    self._rubrics()
                    check(
                        "Leave out empty answers",
                        lambda on: self._given.update(answered=on),
                        value=self._given["answered"],
                    )
                with box() as self._of_rubric:
                    self._field("target", "Reliability to reach", inputmode="decimal")
                    self._field("judges", "Most judges", inputmode="numeric")

    def show(self, *, is_busy: bool) -> None:
        """Show the files as they are by now, and what belongs to what is chosen."""
        self._is_busy = is_busy
        source = self._sources[self._kind]
        is_job, is_rubric = source.startswith(_JOB), self._kind == "rubric"
        is_offline = self._offers[self._offer].choice.model == OFFLINE
        is_asked = not self._is_by_people
        for kind, element in self._source_boxes.items():
            element.set_visibility(kind == self._kind)
        self._files.set_visibility(source == "uploaded")
        self._grader.set_visibility(not is_job)
        self._by.set_visibility(is_rubric)
        self._model.set_visibility(is_asked)
        self._cost.set_visibility(is_asked and not is_offline)
        self._samples.set_visibility(is_asked and not is_offline)
        self._more.set_visibility(is_rubric or not is_job)
        self._of_dataset.set_visibility(not is_job)
        self._of_rubric.set_visibility(is_rubric)
        for part in (self._fields, self._grader):
            set_attributes(part, disabled=is_busy or None)
        self._files.show(is_busy=is_busy)

    @property
    def _is_by_people(self) -> bool:
        return self._kind == "rubric" and self._given["by"] == "people"

    def _again(self) -> None:
        self.show(is_busy=self._is_busy)

    def _options(self) -> dict[str, dict[str, str]]:
        jobs = {
            f"{_JOB}{job.id}": f"Grading of {words.moment(job.created_at)}"
            + (f": {job.title}" if job.title else "")
            for job in self._site.jobs.list(self._owner)
            if job.state in (WorkState.done, WorkState.stopped) and job.outcome is not None
        }
        own = {"uploaded": "Graded answers that I upload"}
        gold = {"gold": "The 72 answers that are shipped, to try it"}
        return {
            "agreement": {**own, **gold},
            "rubric": {**own, **jobs, **gold},
        }

    def _source(self, kind: str, options: dict[str, str]) -> ui.element:
        if self._sources[kind] not in options:
            self._sources[kind] = "uploaded"

        def chosen(value: str) -> None:
            self._sources[kind] = value
            self._again()

        with box() as made:
            choose("Answers", options, self._sources[kind], chosen)
        return made

    def _rubrics(self) -> None:
        ids = {"": "The set’s own"} | {one: one for one in self._shelf.rubric_ids()}
        given = self._given["rubric"] if self._given["rubric"] in ids else ""
        choose("Grade by the rubric", ids, given, lambda value: self._given.update(rubric=value))

    def _field(self, name: str, label: str, **attributes: object) -> None:
        field(
            label,
            self._given[name] or "",
            lambda value: self._given.update({name: value.strip()}),
            **attributes,  # type: ignore[arg-type]
        )

    def _set_kind(self, value: str) -> None:
        self._kind = value
        self._again()

    def _set_by(self, value: str) -> None:
        self._given["by"] = value
        self._again()

    def _set_offer(self, value: str) -> None:
        self._offer = int(value)
        self._again()

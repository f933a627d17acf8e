"""Writes what people read of a run from its ledger: table, report, pages of single answers."""

import shutil
from pathlib import Path

from agent.batch.answer import Answer
from agent.batch.outputs import write_calibration, write_csv
from agent.files import write_whole
from agent.report.answer_html import render_answer_html
from agent.report.batch_html import render_batch_html
from agent.report.pages import FOLDER, page_name, wants_page
from agent.report.summary import BatchSummary
from agent.store.ledger import Ledger
from agent.transcript import Transcript

CSV, REPORT, CALIBRATION = "grades.csv", "report.html", "calibration.jsonl"


def write_results(folder: Path, ledger: Ledger) -> BatchSummary:
    """Write `grades.csv`, `report.html`, the pages it links to and, after reviews,
    `calibration.jsonl`; the last run's summary. Raises FileError."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    summary = BatchSummary()
    pages = 0
    for graded in ledger.graded():
        page = None
        if wants_page(graded, pages):
            page = page_name(graded.id)
            transcript = transcript_of(ledger, graded.id)
            write_whole(folder / page, render_answer_html(graded, transcript))
            pages += 1
        summary.add(graded, page)
    write_whole(folder / REPORT, render_batch_html(summary))
    write_csv(folder / CSV, ledger.graded(), (one.id for one in summary.criteria))
    if summary.reviewed:
        write_calibration(folder / CALIBRATION, ledger.graded())
    return summary


def transcript_of(ledger: Ledger, answer_id: str) -> Transcript:
    """The text of an answer that the ledger holds."""
    return Answer.model_validate_json(ledger.text_of(answer_id) or "").transcript

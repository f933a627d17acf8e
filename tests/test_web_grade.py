"""Grading in a real browser: from a file of answers to a level that a person has set."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.grading_support import RUBRIC
from tests.web_support import Server, needs_chromium

pytestmark = [needs_chromium, pytest.mark.xdist_group("browser")]

XSS = "<img src=x onerror=window.pwned=1>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("site")) as server:
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert errors == []
    assert opened.evaluate("window.pwned") is None
    context.close()


def answers(folder: Path) -> Path:
    """A file with 50 answers; its name and the first answer's id are markup."""
    path = folder / f"{XSS}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "answer"])
        rows.writerow([XSS, f"{XSS} It grows by one."])
        rows.writerows([f"a/{number}", "Slow start doubles."] for number in range(1, 50))
    return path


def begun(page: Page, site: Server, *files: Path) -> None:
    """A new grading with these files."""
    page.goto(f"{site.url}/grade")
    page.get_by_role("button", name="New grading", exact=True).click()
    page.get_by_label("Add answers").set_input_files(files)
    expect(page.get_by_role("button", name="Remove")).to_have_count(len(files))


def presses(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_fifty_answers_are_graded_looked_at_and_one_is_overridden(
    page: Page, site: Server, tmp_path: Path
) -> None:
    rubric = tmp_path / "tcp.yaml"
    rubric.write_text(RUBRIC, encoding="utf-8")
    begun(page, site, answers(tmp_path), rubric)
    page.get_by_label("Graded by").select_option("tcp.yaml")
    presses(page, "Estimate")
    expect(page.get_by_text("50 in 1 file")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Graded by")).to_have_value("tcp.yaml")
    presses(page, "Start grading")
    expect(page.get_by_text("1 to 50 of 50 answers")).to_be_visible()
    table = page.get_by_role("table")
    expect(table.get_by_role("rowheader")).to_have_count(50)
    page.get_by_label("Id holds").fill("IMG")
    expect(table.get_by_role("rowheader")).to_have_text([XSS])

    table.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(XSS)
    assert page.evaluate("window.pwned") is None
    page.get_by_role("link", name="Override a level").click()
    presses(page, "Override Congestion avoidance")
    levels = page.get_by_role("combobox", name="New level")
    levels.select_option(label="2: Linear growth explained.")
    page.get_by_label("Reason").fill("In other words.")
    page.get_by_label("By", exact=True).fill("Ann")
    presses(page, "Keep the level")
    expect(page.get_by_text("set by Ann")).to_be_visible()
    expect(page.get_by_text("Kept. Score: ")).to_contain_text("→ 2 of 4 points")
    page.get_by_role("link", name="Back to the answers").click()
    expect(table.get_by_role("rowheader")).to_have_text([XSS])
    expect(table.get_by_role("cell", name="2 (set)")).to_be_visible()


def test_a_fault_in_a_file_names_it_and_the_file_can_be_removed(
    page: Page, site: Server, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("id,essay\n1,Slow start doubles.\n", encoding="utf-8")
    begun(page, site, table)
    presses(page, "Estimate")
    expect(page.get_by_text("Failed: table.csv: row 1")).to_be_visible()
    presses(page, "Remove table.csv")
    expect(page.get_by_text("No files yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Estimate")).to_be_disabled()

"""Rubrics, scenarios, checks and measurements in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web_support import Server, needs_chromium

pytestmark = [needs_chromium, pytest.mark.xdist_group("browser")]

RUBRIC = "id: tcp\ntitle: TCP\ncriteria: [{id: start, title: Slow start, points: 1}]\n"
ANSWERS = "id,answer,kim\n1,Slow start doubles the window.,1\n2,I do not know.,0\n"
DATASET = (
    "title: TCP\nsource: ours\nlicence: ours\nfiles: [answers.csv]\nrubric: tcp.yaml\n"
    "prompt: How does TCP start?\nraters: {kim: {start: kim}}\n"
)


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with Server(tmp_path_factory.mktemp("site")) as server:
        context = browser.new_context(base_url=server.url, viewport={"width": 390, "height": 844})
        opened = context.new_page()
        errors: list[str] = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
        assert errors == []


def _file(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_what_is_graded_is_shown_to_those_who_ask_for_it(page: Page) -> None:
    page.goto("/rubrics")
    page.get_by_role("link", name="Machine-learning system design").click()
    levels = page.get_by_role("table", name="Levels of Business objective")
    expect(levels).to_be_hidden()
    page.get_by_text("Show what is graded").click()
    expect(levels).to_be_visible()


def test_a_scenario_leads_to_its_practice(page: Page) -> None:
    page.goto("/scenarios/card_fraud")
    expect(page.get_by_text("Net fraud losses are about")).to_be_hidden()
    page.get_by_role("link", name="Practise this").click()
    expect(page.locator("input[value=card_fraud]")).to_be_checked()


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("a rubric for written answers", "is a rubric without faults"),
        ("a rubric for interviews", "is a rubric without faults"),
        ("a scenario", "is a scenario without faults"),
    ],
)
def test_an_example_to_begin_with_has_no_fault_and_can_be_saved(
    page: Page, example: str, said: str
) -> None:
    page.goto("/rubrics")
    page.get_by_role("button", name=example, exact=True).click()
    expect(page.get_by_text(said)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    assert download.value.suggested_filename.startswith("my_")


def test_a_file_is_checked_and_mended_in_its_place(page: Page, tmp_path: Path) -> None:
    page.goto("/rubrics")
    broken = RUBRIC.replace("points: 1", "points: none")
    page.get_by_label("Open a file").set_input_files(_file(tmp_path, "tcp.yaml", broken))
    fault = page.get_by_text("tcp.yaml: criteria[0].points: 'none' is not accepted")
    expect(fault).to_be_visible()
    page.get_by_label("Text of tcp.yaml").fill(RUBRIC)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("tcp.yaml is a rubric without faults: TCP.")).to_be_visible()
    page.get_by_text("How the rubric reads").click()
    expect(page.get_by_role("heading", name="Slow start")).to_be_visible()


def test_a_grader_is_measured_on_uploaded_answers(page: Page, tmp_path: Path) -> None:
    page.goto("/rubrics")
    page.get_by_role("button", name="New measurement").click()
    files = [
        _file(tmp_path, "answers.csv", ANSWERS),
        _file(tmp_path, "photo.png", "x"),
        _file(tmp_path, "tcp.yaml", RUBRIC),
    ]
    page.get_by_label("Add files").set_input_files(files)
    expect(page.get_by_text("files of this kind are not read").first).to_be_visible()
    expect(page.get_by_role("button", name="Remove tcp.yaml")).to_be_visible()
    page.get_by_label("dataset.yaml", exact=True).fill(DATASET)
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("button", name="Remove dataset.yaml")).to_be_visible()
    page.get_by_role("button", name="Measure").click()
    page.get_by_role("link", name="Open the report").click(timeout=60_000)
    expect(page).to_have_title("Agreement: TCP")
    page.get_by_role("link", name="Back to the measurement").click()
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="All figures as JSON").click()
    assert downloaded.value.suggested_filename == "sevenstep-agreement.json"
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("button", name="New measurement")).to_be_visible()
    expect(page.get_by_text("Agreement: uploaded answers")).to_be_hidden()

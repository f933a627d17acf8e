"""The interview room in a real browser: whole interviews, interruptions of all kinds, tabs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from evals.recorded import candidates
from tests.plain_model import plain_model, recorded_model
from tests.web_support import Server, Tab, needs_chromium

pytestmark = [needs_chromium, pytest.mark.xdist_group("browser")]

ANSWER = (
    "I would predict the probability of fraud as a binary classification, because losses count."
)
MORE = "Recall at a fixed share of declined payments offline, and money lost online."

DIAGRAM = "flowchart LR\n  payment[Payment] --> rules[Rules] --> model[Gradient boosted trees]\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("site")) as server:
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def tab(page: Page, site: Server) -> Iterator[Tab]:
    opened = Tab(page, site.url)
    yield opened
    assert opened.errors == []


def test_a_whole_interview_with_hint_pause_and_way_back_ends_at_its_report(tab: Tab) -> None:
    tab.begin("?steps=problem_formulation,metrics")
    tab.says(ANSWER)
    tab.hears(2)
    tab.presses("Hint")
    tab.hears(3)
    tab.presses("Pause")
    expect(tab.page.get_by_text("the clock stands still")).to_be_visible()
    tab.page.get_by_role("alert").get_by_role("button", name="Go on").click()
    expect(tab.page.get_by_text("the clock stands still")).to_be_hidden()
    tab.presses("Next step")
    tab.hears(4)
    tab.presses("Next step")
    tab.hears(5)
    tab.page.on("dialog", lambda dialog: dialog.accept())
    tab.page.get_by_role("navigation", name="Steps").get_by_role("button", name="Problem").click()
    tab.hears(6)
    tab.page.get_by_text("Diagram", exact=True).click()
    tab.page.get_by_label("Diagram in Mermaid").fill(DIAGRAM)
    tab.says(MORE)
    tab.hears(7)
    expect(tab.page.get_by_role("img", name="Diagram: ")).to_be_visible()
    expect(tab.page.get_by_label("with the diagram")).to_be_hidden()
    tab.presses("End…")
    tab.presses("Grade it now")
    tab.page.wait_for_url("**/report")
    expect(tab.page.get_by_role("heading", name="Transcript")).to_be_visible()
    body = tab.page.locator("body").inner_text()
    assert ANSWER in body
    assert DIAGRAM.strip() in body


def test_a_template_is_sent_only_when_it_was_changed(tab: Tab) -> None:
    tab.begin()
    tab.page.get_by_text("Diagram", exact=True).click()
    tab.page.get_by_label("Start from a template").select_option(index=1)
    expect(tab.page.get_by_text("A template is only a start")).to_be_visible()
    expect(tab.page.get_by_label("with the diagram")).to_be_hidden()
    tab.page.get_by_label("Diagram in Mermaid").fill(DIAGRAM)
    expect(tab.page.get_by_label("with the diagram")).to_be_checked()


def test_a_draft_survives_a_reload(tab: Tab) -> None:
    tab.begin()
    tab.page.get_by_label("Your answer").fill("half a thought")
    tab.page.reload()
    expect(tab.page.get_by_label("Your answer")).to_have_value("half a thought")


def test_what_was_said_stands_there_once_after_a_reload(tab: Tab) -> None:
    tab.begin()
    tab.says(ANSWER)
    tab.page.reload()
    tab.hears(2)
    assert tab.said() == [ANSWER]
    expect(tab.page.get_by_label("Your answer")).to_have_value("")


def test_a_browser_that_keeps_nothing_has_a_room_all_the_same(tab: Tab) -> None:
    tab.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', "
        "{ get() { throw new DOMException('denied', 'SecurityError') } })"
    )
    tab.begin()
    tab.page.get_by_label("Your answer").fill(ANSWER)
    expect(tab.page.get_by_text("This browser keeps no drafts")).to_be_visible()
    tab.says(ANSWER)
    tab.hears(2)
    assert tab.said() == [ANSWER]


def test_a_double_click_is_one_wish_and_an_unsent_answer_is_told_of_at_the_end(tab: Tab) -> None:
    tab.begin()
    tab.page.get_by_role("button", name="Hint").dblclick()
    tab.hears(2)
    expect(tab.page.get_by_text("You asked for a hint")).to_have_count(1)
    expect(tab.page.get_by_label("Your answer")).to_be_focused()
    tab.page.get_by_label("Your answer").fill("half a thought")
    tab.page.get_by_role("button", name="End…").dblclick()
    expect(tab.page.get_by_text("What stands in the box was not sent")).to_have_count(1)
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_text("the clock stands still")).to_be_hidden()


def test_the_newest_words_stay_in_view_when_a_pane_opens(tab: Tab) -> None:
    tab.begin()
    for heard in (2, 3, 4):
        tab.says(MORE)
        tab.hears(heard)
    tab.page.get_by_text("Diagram", exact=True).click()
    tab.presses("Pause")
    expect(tab.page.get_by_text("the clock stands still")).to_be_visible()
    tab.page.wait_for_function(
        "(() => { const log = document.querySelector('.conversation');"
        " return log.scrollHeight - log.clientHeight - log.scrollTop < 2; })()"
    )


def test_who_has_scrolled_back_sees_his_answer_when_he_sends_it(tab: Tab) -> None:
    tab.begin()
    tab.says(f"{ANSWER} " * 30)
    tab.hears(2)
    tab.page.get_by_role("log").evaluate("log => log.scrollTop = 0")
    tab.says(MORE)
    tab.hears(3)
    expect(tab.page.locator("article.interviewer").nth(2)).to_be_in_viewport()


def test_two_tabs_show_the_same_interview(tab: Tab) -> None:
    tab.begin()
    other = Tab(tab.page.context.new_page(), tab.site)
    other.page.goto(tab.page.url)
    tab.says(ANSWER)
    other.hears(2)
    assert other.said() == [ANSWER]
    other.says(MORE)
    tab.hears(3)
    assert tab.said() == other.said() == [ANSWER, MORE]


def test_a_server_killed_in_the_middle_of_an_answer_loses_and_doubles_nothing(
    page: Page, tmp_path: Path
) -> None:
    with plain_model(latency=1.0) as model:
        options = ("--model", "openai:fake-model", "--base-url", model.url)
        with Server(tmp_path, *options) as server:
            tab = Tab(page, server.url)
            tab.begin()
            tab.says(ANSWER)
            expect(page.get_by_label("Your answer")).to_have_value("")
            server.kill()
            server.start()
            tab.hears(2)
            assert tab.said() == [ANSWER]


def test_an_answer_sent_while_the_server_is_down_is_taken_when_it_is_back(
    page: Page, tmp_path: Path
) -> None:
    with Server(tmp_path) as server:
        tab = Tab(page, server.url)
        tab.begin()
        server.kill()
        tab.says(ANSWER)
        expect(page.get_by_text("Sending…")).to_be_visible()
        server.start()
        tab.hears(2)
        assert tab.said() == [ANSWER]


def test_a_recorded_interview_with_a_model_is_held_to_its_report(
    page: Page, tmp_path: Path
) -> None:
    (candidate,) = candidates(["netflix_strong"])
    with recorded_model() as model:
        options = ("--model", "openai:recorded", "--base-url", model.url)
        with Server(tmp_path, *options) as server:
            tab = Tab(page, server.url)
            tab.begin(f"?scenario={candidate.scenario}")
            for heard, turn in enumerate(candidate.turns, 2):
                tab.says(turn)
                tab.hears(heard)
            page.wait_for_url("**/report")
            expect(page.get_by_text("openai:recorded").first).to_be_visible()
            with page.expect_download() as download:
                page.get_by_role("link", name="Download as JSON").click()
            record = json.loads(download.value.path().read_text())
            assert record["scorecard"]["percent"] > 70
            assert record["scorecard"]["unobserved_turns"] == []

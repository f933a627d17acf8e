"""Every page, for everyone: by keyboard, on a phone, in the dark, with a screen reader."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.web_support import PHONE, Server, Tab, chromium, needs_chromium
from tests.web_tour import VIEWS, seed

pytestmark = [needs_chromium, pytest.mark.xdist_group("browser-pages")]

_FAULTS = ("moderate", "serious", "critical")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    seed(folder / "sevenstep" / "sevenstep.db")
    with Server(folder) as server:
        yield server.url


@pytest.fixture(scope="module")
def browser(site: str) -> Iterator[Browser]:
    # After the site, since no event loop can be run beside the browser's.
    with chromium() as opened:
        yield opened


def _faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {[node['html'][:150] for node in fault['nodes'][:3]]}"
        for fault in found
        if fault["impact"] in _FAULTS
    ]


@pytest.mark.parametrize("name", VIEWS)
def test_axe_finds_no_fault_on_a_page_light_or_dark_and_a_phone_scrolls_one_way(
    name: str, browser: Browser, site: str
) -> None:
    page = browser.new_page()
    VIEWS[name](page, site)
    assert _faults(page) == []
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "getComputedStyle(document.body).backgroundColor !== 'rgb(255, 255, 255)'"
    )
    assert _faults(page) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.close()


def test_an_interview_goes_by_keyboard_alone(browser: Browser, site: str) -> None:
    page = browser.new_page()
    keys = page.keyboard
    page.goto(site)
    page.get_by_role("button", name="Begin the interview").wait_for()
    keys.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    keys.press("Enter")
    _tab_to(page, "Choose a problem", "input[name=scenario]:checked")
    keys.press("ArrowDown")
    _tab_to(page, "begin", "button.primary")
    keys.press("Enter")
    page.wait_for_url("**/room/*")
    tab = Tab(page, site)
    tab.hears(1)
    _tab_to(page, "answer", "#answer-box")
    keys.type("I would rank by the probability of a purchase, because sales count.")
    keys.press("Control+Enter")
    tab.hears(2)
    expect(page.locator("#answer-box")).to_be_focused()
    _tab_to(page, "hint", "button:text-is('Hint')")
    keys.press("Enter")
    tab.hears(3)
    _tab_to(page, "end", "button:text-is('End…')")
    keys.press("Enter")
    page.get_by_role("button", name="Grade it now").wait_for()
    _tab_to(page, "grade", "button:text-is('Grade it now')")
    keys.press("Enter")
    page.wait_for_url("**/report")
    page.close()


def _tab_to(page: Page, what: str, selector: str) -> None:
    """Press Tab until the element has the focus."""
    wanted = page.locator(selector).first
    for _ in range(40):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {what}")


def test_a_screen_reader_hears_each_utterance_once_and_where_it_is(
    browser: Browser, site: str
) -> None:
    page = browser.new_page()
    tab = Tab(page, site)
    tab.begin()
    log = page.get_by_role("log", name="Conversation")
    expect(log.get_by_role("heading", name="Interviewer")).to_have_count(1)
    steps = page.get_by_role("navigation", name="Steps of the interview")
    expect(steps.locator("[aria-current=step]")).to_contain_text("Problem formulation")
    expect(page.get_by_role("textbox", name="Your answer")).to_be_visible()
    page.close()

"""What candidates, models and files say is text: in a real browser no script of theirs runs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from agent.web.work.records import OUT, Records, WorkState
from agent.web.work.studies import Study, StudyOrder
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.plain_model import is_speech, plain_reply
from tests.web_support import Server, Tab, needs_chromium

pytestmark = [needs_chromium, pytest.mark.xdist_group("browser-safety")]

BROKEN = 32 * "0"
PAYLOADS = (
    "<img src=x onerror='window.pwned=1'>",
    "<script>window.pwned=1</script>",
    "<svg onload='window.pwned=1'></svg>",
    "[press](javascript:window.pwned=1)",
    "![](http://127.0.0.1:9/leak.png)",
    "{{ constructor.constructor('window.pwned=1')() }}",
    "</script><script>window.pwned=1</script>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "`${window.pwned=1}`",
)
DIAGRAM = """flowchart LR
  a["<img src=x onerror=window.pwned=1>"] --> b["<script>window.pwned=1</script>"]
  click a "javascript:window.pwned=1"
"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert page.evaluate("window.pwned") is None
    assert [url for url in asked if "leak" in url] == []
    context.close()


def _nasty(request: ChatRequest) -> Reply:
    if is_speech(request):
        return Reply("Let us see " + " ".join(PAYLOADS) + " Please go on.")
    return plain_reply(request)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(FakeLLM(Scripted(_nasty))) as model:
        options = ("--model", "openai:<b>fake</b>", "--base-url", model.url)
        folder = tmp_path_factory.mktemp("site")
        _break(folder / "sevenstep" / "web" / "studies")
        with Server(folder, *options) as server:
            yield server.url


def _break(studies: Path) -> None:
    """A study whose results cannot be read, which no page expects."""
    records = Records(studies, Study)
    order = StudyOrder(kind="agreement", source="gold")
    now = datetime.now(UTC)
    study = Study(id=BROKEN, owner="", created_at=now, state=WorkState.done, order=order)
    records.put(study)
    out = records.folder(study) / OUT
    out.mkdir()
    (out / "agreement.json").write_text("{")


def test_nothing_that_candidate_and_model_write_is_run(page: Page, site: str) -> None:
    tab = Tab(page, site)
    tab.begin("?steps=metrics")
    page.get_by_text("Private notes").click()
    page.get_by_label("A new note").fill(PAYLOADS[0])
    tab.presses("Keep the note")
    expect(page.locator(".notes-pane li")).to_have_text(PAYLOADS[0])
    page.get_by_text("Diagram", exact=True).click()
    page.get_by_label("Diagram in Mermaid").fill(DIAGRAM)
    tab.says("\n\n".join(PAYLOADS))
    tab.hears(2)
    assert PAYLOADS[0] in tab.said()[0]
    for link in page.locator("article a").all():
        assert (link.get_attribute("href") or "").startswith("http")
    page.reload()
    tab.hears(2)
    assert page.evaluate("window.pwned") is None
    tab.presses("End…")
    tab.presses("Grade it now")
    page.wait_for_url("**/report")
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
    assert PAYLOADS[1] in page.locator("main").inner_text()
    assert page.evaluate("window.pwned") is None
    page.goto(f"{site}/progress")


@pytest.mark.parametrize("place", ["room/{}", "interviews/{}/report", "rubrics/{}"])
def test_an_address_is_shown_as_text(page: Page, site: str, place: str) -> None:
    page.goto(f"{site}/{place.format('<img src=x onerror=window.pwned=1>')}")
    expect(page.get_by_text("<img src=x onerror=window.pwned=1>")).to_be_visible()


def test_the_words_of_a_fault_stay_in_the_log(page: Page, site: str) -> None:
    answer = page.goto(f"{site}/studies/{BROKEN}")
    assert answer is not None
    assert answer.status == 500
    expect(page.get_by_role("heading", name="Something went wrong")).to_be_visible()
    assert "JSON" not in page.locator("body").inner_text()


def test_half_an_emoji_does_not_hold_up_an_answer(page: Page, site: str) -> None:
    tab = Tab(page, site)
    tab.begin("?steps=metrics")
    page.get_by_label("Your answer").evaluate(
        "(box) => { box.value = 'Recall \\ud83d'; box.dispatchEvent(new Event('input')) }"
    )
    tab.presses("Send")
    tab.hears(2)
    assert tab.said() == ["Recall \ufffd"]

"""Reports on measurements: one HTML file that runs nobody's script, and a short form."""

import io
import json
import re

from rich.console import Console

from evals.report.html import render_html
from evals.report.page import Page, Section, Table, figure, headline, share, with_interval
from evals.report.plots import bars_plot, intervals_plot
from evals.report.text import print_page
from evals.stats.intervals import Interval

EVIL = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'
HALF = Interval(value=0.5, low=0.4, high=0.6)


def page(text: str = "told") -> Page:
    """A page that says `text` wherever a text can stand."""
    return Page(
        title=text,
        lead=text,
        facts=((text, text),),
        headlines=(headline(text, HALF, text),),
        sections=(
            Section(
                text,
                (text,),
                (Table((text, "n"), ((text, "1"),), text, text),),
                (intervals_plot([text], [(text, [HALF])], axis="x", shows=text),),
                brief=True,
            ),
            Section(
                "kept for the page", plots=(bars_plot([text], [(text, [1])], axis="x", shows=text),)
            ),
        ),
    )


def test_a_page_needs_no_network() -> None:
    html = render_html(page())
    without_plotly = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert "default-src 'none'" in html
    assert not re.search(r"(src|href)=\"?https?:", without_plotly)


def test_nobodys_text_becomes_markup_or_a_script() -> None:
    html = render_html(page(EVIL))
    scripts = re.findall(r"<script(?: [^>]*)?>", html)
    assert len(scripts) == 2 + 2  # two plots' data, plotly and what draws
    assert "<img" not in re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)


def test_only_the_scripts_of_the_page_itself_may_run() -> None:
    policy = re.search(r"script-src ([^;]*);", render_html(page()))
    assert policy
    assert policy[1].count("sha256-") == 2
    assert "unsafe" not in policy[1]


def test_a_plots_data_can_be_read_again() -> None:
    html = render_html(page(EVIL))
    (first, *_) = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html)
    assert json.loads(first)["data"][0]["x"] == [0.5]


def test_a_page_without_plots_carries_no_script() -> None:
    bare = Page("t", "l", (), (), (Section("s", ("x",)),))
    assert "<script" not in render_html(bare)


def test_the_terminal_shows_the_brief_sections_only() -> None:
    out = io.StringIO()
    print_page(page("told\x1b[31m"), Console(file=out, width=60))
    assert "0.50" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert "kept for the page" not in out.getvalue()


def test_what_is_undefined_is_a_dash() -> None:
    nothing = Interval(value=None)
    assert (figure(None), share(None), with_interval(nothing)) == ("–", "–", "–")


def test_a_value_without_limits_stands_alone() -> None:
    assert with_interval(Interval(value=0.5)) == "0.50"
    assert with_interval(HALF) == "0.50 [0.40, 0.60]"


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert (figure(-0.001), figure(-0.006)) == ("0.00", "-0.01")

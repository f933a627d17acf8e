"""The charts of the progress page: where points stand, and that they say what they are."""

from xml.etree.ElementTree import Element, fromstring

from agent.web.shown.charts import Score, scores_svg, sparkline_svg

PAYLOAD = '"><script>alert(1)</script>'


def drawn(*scores: Score, title: str = "Scores") -> Element:
    return fromstring(scores_svg(title, scores))


def score(percent: float, at: int = 1, *, apart: bool = False) -> Score:
    day = f"2026-03-{at:02d}"
    return Score(percent, day, f"{day}: {percent}%", f"/interviews/{at}/report", apart=apart)


def line(picture: Element) -> list[tuple[float, float]]:
    """The points that the line goes through."""
    (path,) = picture.findall("path[@class='line']")
    steps = path.get("d", "").lstrip("M").split(" L")
    return [(float(x), float(y)) for x, y in (step.split() for step in steps if step)]


def labels(picture: Element) -> list[str]:
    return [one.text or "" for one in picture.iter("text") if "%" not in (one.text or "")]


def test_a_higher_score_stands_higher_and_a_later_one_further_right() -> None:
    (x, y), (later, higher) = line(drawn(score(20, 1), score(80, 2)))
    assert later > x
    assert higher < y


def test_nothing_and_everything_stand_on_the_outer_lines_of_the_grid() -> None:
    picture = drawn(score(0), score(100))
    grid = [one.get("d", "").split() for one in picture.findall("path[@class='grid']")]
    heights = [float(words[1]) for words in grid]
    assert [y for _, y in line(picture)] == [max(heights), min(heights)]


def test_each_point_is_a_link_that_says_what_it_is() -> None:
    links = drawn(score(20, 1), score(80, 2)).findall("a")
    assert [(one.get("href"), one.get("aria-label")) for one in links] == [
        ("/interviews/1/report", "2026-03-01: 20%"),
        ("/interviews/2/report", "2026-03-02: 80%"),
    ]


def test_a_point_takes_no_click_from_its_neighbours() -> None:
    picture = drawn(*(score(50, at) for at in range(1, 31)))
    reaches = [one for one in picture.iter("circle") if one.get("class") == "target"]
    places = [float(one.get("cx", "")) for one in reaches]
    apart = (places[-1] - places[0]) / (len(places) - 1)
    assert 2 * float(reaches[0].get("r", "")) <= apart + 0.1


def test_a_drill_has_a_point_of_its_own_kind_and_the_line_leaves_it_out() -> None:
    picture = drawn(score(20, 1), score(90, 2, apart=True), score(40, 3))
    assert len(line(picture)) == 2
    assert len(picture.findall(".//path[@class='dot apart']")) == 1
    assert len(picture.findall(".//circle[@class='dot']")) == 2


def test_drills_alone_have_no_line() -> None:
    assert line(drawn(score(20, apart=True))) == []


def test_few_points_all_have_their_date_and_many_have_four() -> None:
    assert labels(drawn(score(20, 1), score(30, 2))) == ["2026-03-01", "2026-03-02"]
    many = labels(drawn(*(score(50, at) for at in range(1, 31))))
    assert len(many) == 4
    assert (many[0], many[-1]) == ("2026-03-01", "2026-03-30")


def test_what_charts_say_is_never_markup() -> None:
    picture = drawn(Score(1, PAYLOAD, PAYLOAD, PAYLOAD), title=PAYLOAD)
    assert labels(picture) == [PAYLOAD]
    assert picture.get("aria-label") == PAYLOAD
    assert "<script" not in sparkline_svg(PAYLOAD, [1])


def test_without_figures_there_is_no_chart() -> None:
    assert scores_svg("Scores", ()) == ""
    assert sparkline_svg("Data", ()) == ""


def test_a_sparkline_ends_with_its_last_value_at_the_right() -> None:
    picture = fromstring(sparkline_svg("Data", [0, 100, 50]))
    (path,) = picture.findall("path[@class='line']")
    (dot,) = picture.findall("circle")
    assert path.get("d", "").endswith(f"L{dot.get('cx')} {dot.get('cy')}")
    assert dot.get("cy") == "22.0"
    assert picture.get("aria-label") == "Data"


def test_a_single_value_is_a_point_at_the_right_of_its_sparkline() -> None:
    (alone,) = fromstring(sparkline_svg("Data", [50])).findall("circle")
    (last,) = fromstring(sparkline_svg("Data", [0, 50])).findall("circle")
    assert alone.get("cx") == last.get("cx")

"""The charts of the progress page as inline SVG: pure functions from figures to markup.

Colours come from the site's style sheet, by class. The same figures stand as tables beside the
charts; here each point says its own in words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH, _HEIGHT = 480.0, 220.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 464.0, 14.0, 184.0
_LABELS = 4
_REACH = 14.0
_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_EDGE = 150.0, 44.0, 5.0
_Point = tuple[float, float]


@dataclass(frozen=True)
class Score:
    """A point of the chart: a percentage from 0 to 100, and where more is told of it.

    `label` stands below the axis, `about` says what the point is. One `apart` is no part of the
    line.
    """

    percent: float
    label: str
    about: str
    href: str
    apart: bool = False


def scores_svg(title: str, scores: Sequence[Score]) -> Markup:
    """The scores, oldest first and evenly spaced, each a link; empty without one.

    Even spaces, since those of a week's practice would lie on one another on an axis of time.
    """
    if not scores:
        return Markup("")
    places = [(_x(at, len(scores)), _y(score.percent)) for at, score in enumerate(scores)]
    line = [place for place, score in zip(places, scores, strict=True) if not score.apart]
    reach = min(_REACH, (_RIGHT - _LEFT) / len(scores) / 2)
    # Its links are to be found one by one, which the role of an image would forbid.
    return Markup("").join(
        (
            Markup('<svg class="scores" viewBox="0 0 {} {}" role="group" aria-label="{}">').format(
                f"{_WIDTH:g}", f"{_HEIGHT:g}", title
            ),
            *(_rule(percent) for percent in range(0, 101, 25)),
            *(_label(places[at][0], scores[at].label) for at in _labelled(len(scores))),
            Markup('<path class="line" d="{}"/>').format(_path(line)),
            *(_dot(*place, score, reach) for place, score in zip(places, scores, strict=True)),
            Markup("</svg>"),
        )
    )


def sparkline_svg(about: str, percents: Sequence[float]) -> Markup:
    """A small line of percentages between rules at 0 and 100, oldest first; empty without one."""
    if not percents:
        return Markup("")
    inner = _SPARK_WIDTH - 2 * _SPARK_EDGE, _SPARK_HEIGHT - 2 * _SPARK_EDGE
    places = [
        (
            _SPARK_EDGE + inner[0] * (at + 1 if len(percents) == 1 else at / (len(percents) - 1)),
            _SPARK_EDGE + inner[1] * (1 - percent / 100),
        )
        for at, percent in enumerate(percents)
    ]
    ends = _SPARK_EDGE, _SPARK_HEIGHT - _SPARK_EDGE
    rules = [_path([(_SPARK_EDGE, y), (_SPARK_WIDTH - _SPARK_EDGE, y)]) for y in ends]
    x, y = places[-1]
    return Markup(
        '<svg class="sparkline" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<path class="grid" d="{}"/><path class="line" d="{}"/>'
        '<circle class="dot" cx="{}" cy="{}" r="4"/></svg>'
    ).format(
        f"{_SPARK_WIDTH:g}",
        f"{_SPARK_HEIGHT:g}",
        about,
        " ".join(rules),
        _path(places),
        f"{x:.1f}",
        f"{y:.1f}",
    )


def _x(at: int, number: int) -> float:
    """Points stand in the middle of equal parts, so that a single one is in the middle."""
    return _LEFT + (_RIGHT - _LEFT) * (at + 0.5) / number


def _y(percent: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * percent / 100


def _labelled(number: int) -> Iterable[int]:
    """Which points have a label: the first, the last, and a few between that leave room."""
    if number <= _LABELS:
        return range(number)
    return sorted({round(at * (number - 1) / (_LABELS - 1)) for at in range(_LABELS)})


def _path(points: Sequence[_Point]) -> str:
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points) if points else ""


def _rule(percent: int) -> Markup:
    y = _y(percent)
    return Markup(
        '<path class="grid" d="{}"/><text x="{}" y="{}" text-anchor="end" aria-hidden="true">'
        "{}%</text>"
    ).format(_path([(_LEFT, y), (_RIGHT, y)]), f"{_LEFT - 8:g}", f"{y + 4.5:.1f}", percent)


def _label(x: float, text: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="middle" aria-hidden="true">{}</text>').format(
        f"{x:.1f}", f"{_BOTTOM + 24:g}", text
    )


def _dot(x: float, y: float, score: Score, reach: float) -> Markup:
    """The point with a larger one that cannot be seen, which a finger meets.

    It reaches half the way to its neighbours, so that it takes no click from them.
    """
    shape = (
        f'<path class="dot apart" d="M{x:.1f} {y - 6:.1f} l6 6 l-6 6 l-6 -6 Z"/>'
        if score.apart
        else f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
    )
    return Markup(
        '<a href="{}" aria-label="{}"><title>{}</title>'
        '<circle class="target" cx="{}" cy="{}" r="{}"/>{}</a>'
    ).format(
        score.href,
        score.about,
        score.about,
        f"{x:.1f}",
        f"{y:.1f}",
        f"{reach:.1f}",
        Markup(shape),
    )

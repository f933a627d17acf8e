"""The radar of step scores as inline SVG: a pure function from spokes to markup.

Colours and line styles come from the page's style sheet, by class. What was not assessed has
no point: a zero there would be an invented score.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH, _HEIGHT = 480, 380
_CENTRE = (_WIDTH / 2, _HEIGHT / 2)
_RADIUS = 115.0
_LABEL_GAP = 18.0
_LINE = 17.0
_WRAP_AT = 14
_MIN_SPOKES = 3
_Point = tuple[float, float]


@dataclass(frozen=True)
class Spoke:
    """One axis: percentages from 0 to 100, or None; `absent` says why there is none."""

    label: str
    percent: float | None
    unprompted: float | None
    absent: str = "not assessed"

    def words(self) -> str:
        """The spoke as text."""
        if self.percent is None or self.unprompted is None:
            return f"{self.label}: {self.absent}"
        return f"{self.label}: {self.percent:.1f}%, of it {self.unprompted:.1f}% unprompted"


def radar_svg(spokes: Sequence[Spoke]) -> Markup:
    """The radar with its text alternative; empty for fewer than three spokes."""
    if len(spokes) < _MIN_SPOKES:
        return Markup("")
    description = "; ".join(spoke.words() for spoke in spokes)
    return Markup("").join(
        (
            Markup(
                '<svg class="radar" viewBox="0 0 {} {}" role="img"'
                ' aria-labelledby="radar-title radar-text">'
                '<title id="radar-title">Score by step</title>'
                '<desc id="radar-text">{}.</desc>'
            ).format(_WIDTH, _HEIGHT, description),
            *(_ring(len(spokes), share) for share in (0.25, 0.5, 0.75, 1.0)),
            *(_axis(spokes, index) for index in range(len(spokes))),
            _area([spoke.percent for spoke in spokes], "all"),
            _area([spoke.unprompted for spoke in spokes], "unprompted"),
            *(_label(spokes, index) for index in range(len(spokes))),
            Markup("</svg>"),
        )
    )


def _at(index: int, number: int, radius: float) -> _Point:
    """A point on a spoke; the first spoke points up, the others follow clockwise."""
    angle = 2 * math.pi * index / number - math.pi / 2
    return _CENTRE[0] + radius * math.cos(angle), _CENTRE[1] + radius * math.sin(angle)


def _path(points: Sequence[_Point]) -> str:
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _ring(number: int, share: float) -> Markup:
    points = [_at(index, number, _RADIUS * share) for index in range(number)]
    return Markup('<path class="grid" d="{} Z"/>').format(_path(points))


def _axis(spokes: Sequence[Spoke], index: int) -> Markup:
    style = "grid" if spokes[index].percent is not None else "grid absent"
    line = _path([_CENTRE, _at(index, len(spokes), _RADIUS)])
    return Markup('<path class="{}" d="{}"/>').format(style, line)


def _area(values: Sequence[float | None], style: str) -> Markup:
    """The area of each run of neighbouring spokes with a value, and a dot on each of them."""
    points = [
        None if value is None else _at(index, len(values), _RADIUS * value / 100)
        for index, value in enumerate(values)
    ]
    paths = [
        Markup('<path class="{}" d="{} Z"/>').format(style, _path(run)) for run in _runs(points)
    ]
    dots = [
        Markup('<circle class="{} dot" cx="{}" cy="{}" r="3"/>').format(
            style, f"{point[0]:.1f}", f"{point[1]:.1f}"
        )
        for point in points
        if point is not None
    ]
    return Markup("").join([*paths, *dots])


def _runs(points: Sequence[_Point | None]) -> list[list[_Point]]:
    """The outlines to fill: all points, or from the centre each run between two gaps."""
    present = [point for point in points if point is not None]
    if len(present) == len(points):
        return [present]
    if not present:
        return []
    # Beginning at a gap keeps a run whole that passes over the end of the list.
    gap = points.index(None)
    runs: list[list[_Point]] = []
    for point in (*points[gap:], *points[:gap]):
        if point is None:
            runs.append([_CENTRE])
        else:
            runs[-1].append(point)
    return [run for run in runs if len(run) > 1]


def _label(spokes: Sequence[Spoke], index: int) -> Markup:
    x, y = _at(index, len(spokes), _RADIUS + _LABEL_GAP)
    side = x - _CENTRE[0]
    anchor = "middle" if abs(side) < 1 else "start" if side > 0 else "end"
    spoke = spokes[index]
    value = spoke.absent if spoke.percent is None else f"{spoke.percent:.1f}%"
    lines = [*_wrapped(spoke.label), value]
    # The block grows away from the circle: upwards above it, downwards below it.
    rise = (1 - (y - _CENTRE[1]) / (_RADIUS + _LABEL_GAP)) / 2
    top = y + _LINE * 0.75 - rise * _LINE * (len(lines) - 0.5)
    spans = [
        Markup('<tspan x="{}" y="{}"{}>{}</tspan>').format(
            f"{x:.1f}",
            f"{top + _LINE * row:.1f}",
            Markup(' class="value"') if row == len(lines) - 1 else Markup(""),
            line,
        )
        for row, line in enumerate(lines)
    ]
    return Markup('<text text-anchor="{}" aria-hidden="true">{}</text>').format(
        anchor, Markup("").join(spans)
    )


def _wrapped(label: str) -> list[str]:
    """The label in lines that are as short as its words allow."""
    lines: list[str] = []
    for word in label.split():
        if lines and len(lines[-1]) + 1 + len(word) <= _WRAP_AT:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines

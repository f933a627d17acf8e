"""Histograms as inline SVG: pure functions from counts to markup.

Colours come from the page's style sheet, by class. Every bar says its count as text, too.
"""

import math
from collections.abc import Sequence

from markupsafe import Markup

_WIDTH, _HEIGHT = 480.0, 230.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 70.0, 470.0, 30.0, 180.0
_LEVELS_WIDTH, _LEVELS_HEIGHT = 300.0, 86.0
_FLOOR = 66.0
_MOST_LABELS = 11
_WIDEST = 56.0


def percent_svg(bins: Sequence[int]) -> Markup:
    """The spread of percentages: bins of equal width from 0 to 100, with both axes."""
    step = _tick(max(bins))
    most = step * max(1, math.ceil(max(bins) / step))
    width = (_RIGHT - _LEFT) / len(bins)
    parts = [
        Markup(
            '<svg class="histogram" viewBox="0 0 {} {}" role="img"'
            ' aria-labelledby="histogram-title histogram-text">'
            '<title id="histogram-title">Answers by percentage</title>'
            '<desc id="histogram-text">{}</desc>'
        ).format(f"{_WIDTH:g}", f"{_HEIGHT:g}", _described(bins))
    ]
    for value in range(0, most + 1, step):
        y = _BOTTOM - (_BOTTOM - _TOP) * value / most
        parts.append(_line(_LEFT, y, _RIGHT, y))
        parts.append(_label(_LEFT - 8, y + 4.5, f"{value:,}", "end"))
    for at, count in enumerate(bins):
        height = (_BOTTOM - _TOP) * count / most
        about = f"{_range(at, len(bins))}: {_answers(count)}"
        parts.append(_bar(_LEFT + at * width + 1, _BOTTOM, width - 2, height, about))
    for percent in range(0, 101, 20):
        x = _LEFT + (_RIGHT - _LEFT) * percent / 100
        parts.append(_line(x, _BOTTOM, x, _BOTTOM + 5))
        parts.append(_label(x, _BOTTOM + 22, str(percent), "middle"))
    middle = (_LEFT + _RIGHT) / 2
    parts.append(_label(middle, _HEIGHT - 6, "score in percent", "middle"))
    parts.append(_label(0, 13, "answers", "start"))
    return Markup("").join([*parts, Markup("</svg>")])


def levels_svg(title: str, counts: Sequence[int]) -> Markup:
    """One criterion's levels, from 0 up, each with its count above and its number below."""
    most = max(*counts, 1)
    slot = min(_LEVELS_WIDTH / len(counts), _WIDEST)
    text = ", ".join(f"level {level}: {count:,}" for level, count in enumerate(counts) if count)
    parts = [
        Markup(
            '<svg class="histogram levels" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        ).format(f"{_LEVELS_WIDTH:g}", f"{_LEVELS_HEIGHT:g}", f"{title}: {text or 'no levels'}"),
        _line(0, _FLOOR, slot * len(counts), _FLOOR),
    ]
    every = math.ceil(len(counts) / _MOST_LABELS)
    for level, count in enumerate(counts):
        height = (_FLOOR - 18) * count / most
        gap = min(2.0, slot / 5)
        about = f"level {level}: {_answers(count)}"
        parts.append(_bar(level * slot + gap, _FLOOR, slot - 2 * gap, height, about))
        middle = (level + 0.5) * slot
        if count and every == 1:
            parts.append(_label(middle, _FLOOR - height - 4, _short(count), "middle"))
        if level % every == 0:
            parts.append(_label(middle, _LEVELS_HEIGHT - 4, str(level), "middle"))
    return Markup("").join([*parts, Markup("</svg>")])


def _tick(most: int) -> int:
    """The distance of the axis' lines: a round number, so that there are at most five."""
    rough = max(most, 1) / 4
    power: int = 10 ** max(math.floor(math.log10(rough)), 0)
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def _range(at: int, number: int) -> str:
    low, high = 100 * at // number, 100 * (at + 1) // number
    return f"{low} to {high}%" if at == number - 1 else f"{low} to under {high}%"


def _answers(count: int) -> str:
    return f"{count:,} {'answer' if count == 1 else 'answers'}"


def _short(count: int) -> str:
    """A count that fits above a bar, such as "12.3k"."""
    return str(count) if count < 10_000 else f"{count / 1000:.3g}k"


def _described(bins: Sequence[int]) -> str:
    said = [f"{_range(at, len(bins))}: {_answers(count)}" for at, count in enumerate(bins) if count]
    return "; ".join(said) or "No answer has a percentage."


def _bar(x: float, floor: float, width: float, height: float, about: str) -> Markup:
    if not height:
        return Markup("")
    # A few among very many are still to be seen.
    height = max(height, 1.5)
    return Markup(
        '<rect class="bin" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
    ).format(f"{x:.1f}", f"{floor - height:.1f}", f"{width:.1f}", f"{height:.1f}", about)


def _line(x: float, y: float, to_x: float, to_y: float) -> Markup:
    return Markup('<path class="grid" d="M{} {} L{} {}"/>').format(
        f"{x:.1f}", f"{y:.1f}", f"{to_x:.1f}", f"{to_y:.1f}"
    )


def _label(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}" aria-hidden="true">{}</text>').format(
        f"{x:.1f}", f"{y:.1f}", anchor, text
    )

"""The plots of the reports, in plotly: how they look stands here once.

They are readable without colour, and follow the page's light or dark colours.
"""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from evals.report.page import Plot
from evals.stats.intervals import Interval

_BLUE, _ORANGE, _GREY = "#3b78c4", "#c46a1b", "#8a949e"
_HEIGHT = 26
_LONGEST = 48
_FEW, _MOST_FIGURES = 16, 40
"""Up to how many rows a grid's figures stand in it in full size, and at all."""


def plain(text: str) -> str:
    """A text as a label: plotly reads a little HTML in labels, which nobody's text may use."""
    text = " ".join(text.split())
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def intervals_plot(
    names: Sequence[str],
    series: Sequence[tuple[str, Sequence[Interval]]],
    *,
    axis: str,
    shows: str,
    line: float | None = None,
    span: tuple[float, float] | None = None,
) -> Plot:
    """A value with its interval in a row for each name; several series side by side.

    `line` is drawn where a value would mean nothing (0) or enough.
    """
    drawn = go.Figure()
    marks = ("circle", "diamond-open", "square-open")
    colours = (_BLUE, _ORANGE, _GREY)
    rows = [plain(name) for name in names]
    for number, (called, values) in enumerate(series):
        at = [place for place, one in enumerate(values) if one.value is not None]
        shown = [values[place] for place in at]
        drawn.add_scatter(
            x=[one.value for one in shown],
            y=[rows[place] for place in at],
            name=plain(called),
            mode="markers",
            marker={"symbol": marks[number % 3], "size": 9, "color": colours[number % 3]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [_reach(one.high, one.value) for one in shown],
                "arrayminus": [_reach(one.value, one.low) for one in shown],
                "color": colours[number % 3],
                "thickness": 1.2,
            },
        )
    if line is not None:
        drawn.add_vline(x=line, line={"dash": "dot", "color": _GREY})
    drawn.update_yaxes(categoryorder="array", categoryarray=rows[::-1])
    drawn.update_xaxes(title=axis, range=span)
    return Plot(_styled(drawn, rows=len(rows), legend=len(series) > 1), shows)


def bars_plot(
    names: Sequence[str],
    series: Sequence[tuple[str, Sequence[float]]],
    *,
    axis: str,
    shows: str,
    stacked: bool = False,
) -> Plot:
    """A bar in a row for each name; several series stacked, or side by side."""
    drawn = go.Figure()
    rows = [plain(name) for name in names]
    colours = _shades(len(series)) if stacked else (_BLUE, _ORANGE, _GREY)
    for number, (called, values) in enumerate(series):
        drawn.add_bar(
            x=list(values),
            y=rows,
            name=plain(called),
            orientation="h",
            marker={"color": colours[number % len(colours)]},
        )
    drawn.update_layout(barmode="stack" if stacked else "group", bargap=0.25)
    drawn.update_yaxes(categoryorder="array", categoryarray=rows[::-1])
    drawn.update_xaxes(title=axis)
    return Plot(_styled(drawn, rows=len(rows), legend=len(series) > 1), shows)


def counts_plot(
    rows: Sequence[str],
    columns: Sequence[str],
    counts: Sequence[Sequence[float]],
    *,
    row_axis: str,
    column_axis: str,
    shows: str,
) -> Plot:
    """Counts in a grid, such as people's levels against the grader's, the darker the more."""
    drawn = go.Figure(
        go.Heatmap(
            z=[list(row) for row in counts],
            x=[plain(one) for one in columns],
            y=[plain(one) for one in rows],
            colorscale=[[0, "#e8eff8"], [1, "#5f8fcc"]],
            showscale=False,
            texttemplate="%{z}",
            textfont={"color": "#10233d"},
            hovertemplate=f"{row_axis} %{{y}}, {column_axis} %{{x}}: %{{z}}<extra></extra>",
        )
    )
    drawn.update_xaxes(title=column_axis, type="category", side="bottom")
    drawn.update_yaxes(title=row_axis, type="category", autorange="reversed")
    return Plot(_styled(drawn, rows=2 * len(rows)), shows)


def correlations_plot(
    names: Sequence[str], values: Sequence[Sequence[float | None]], *, shows: str
) -> Plot:
    """The correlations of each two, -1 to 1, below the diagonal; None stays blank.

    Columns have the rows' numbers instead of their names, as there may be many.
    """
    rows = [f"{plain(name)}  {at + 1}" for at, name in enumerate(names)]
    below = [list(row[:at]) + [None] * (len(rows) - at) for at, row in enumerate(values)]
    few = len(rows) <= _FEW
    texts = [
        ["" if one is None else f"{one:.2f}" if few else f"{round(100 * one)}" for one in row]
        for row in below
    ]
    drawn = go.Figure(
        go.Heatmap(
            z=below,
            x=[str(at + 1) for at in range(len(rows))],
            y=rows,
            text=texts,
            zmin=-1,
            zmax=1,
            # All light enough for dark figures on them.
            colorscale=[[0, "#d98a3d"], [0.5, "#f1f4f7"], [1, "#5f8fcc"]],
            showscale=False,
            hoverongaps=False,
            texttemplate="%{text}" if len(rows) <= _MOST_FIGURES else None,
            textfont={"color": "#10233d", "size": 12 if few else 8},
            hovertemplate="%{y}<br>%{x}<br>%{z:.2f}<extra></extra>",
            xgap=1,
            ygap=1,
        )
    )
    drawn.update_xaxes(type="category", tickangle=0, tickfont={"size": 12 if few else 9})
    drawn.update_yaxes(type="category", autorange="reversed")
    drawn = _styled(drawn, rows=len(rows))
    drawn.update_xaxes(showgrid=False)
    drawn.update_yaxes(showgrid=False)
    unit = "" if few else ", in hundredths"
    return Plot(drawn, f"{shows} Columns have the rows' numbers{unit}.")


def lines_plot(
    series: Sequence[tuple[str, Sequence[float], Sequence[float | None]]],
    *,
    x_axis: str,
    y_axis: str,
    shows: str,
    line: float | None = None,
    span: tuple[float, float] | None = None,
) -> Plot:
    """Lines through marked points, each (name, x, y). `line` is drawn at a value to be reached."""
    drawn = go.Figure()
    colours, dashes = (_BLUE, _ORANGE, _GREY), ("solid", "dash", "dot", "dashdot")
    marks = ("circle", "diamond", "square", "triangle-up", "x")
    for number, (called, along, values) in enumerate(series):
        drawn.add_scatter(
            x=list(along),
            y=list(values),
            mode="lines+markers",
            name=plain(called),
            line={"color": colours[number % 3], "dash": dashes[number % 4], "width": 1.5},
            marker={"symbol": marks[number % 5], "size": 8},
        )
    if line is not None:
        drawn.add_hline(y=line, line={"dash": "dot", "color": _GREY})
    drawn.update_xaxes(title=x_axis, dtick=1)
    drawn.update_yaxes(title=y_axis, range=span, gridcolor=_GREY, gridwidth=0.5)
    return Plot(_styled(drawn, rows=10, legend=len(series) > 1), shows)


def points_plot(
    x: Sequence[float],
    y: Sequence[float],
    *,
    x_axis: str,
    y_axis: str,
    shows: str,
    labels: Sequence[str] = (),
    lines: Sequence[tuple[str, Sequence[float], Sequence[float]]] = (),
) -> Plot:
    """Points, with lines through them where wanted, each (name, x, y)."""
    drawn = go.Figure()
    drawn.add_scatter(
        x=list(x),
        y=list(y),
        mode="markers",
        name="answers",
        text=[plain(one) for one in labels] or None,
        marker={"color": _BLUE, "size": 6, "opacity": 0.5},
    )
    for number, (called, along, values) in enumerate(lines):
        drawn.add_scatter(
            x=list(along),
            y=list(values),
            mode="lines",
            name=plain(called),
            line={"color": (_ORANGE, _GREY)[number % 2], "dash": ("solid", "dash")[number % 2]},
        )
    drawn.update_xaxes(title=x_axis)
    drawn.update_yaxes(title=y_axis)
    return Plot(_styled(drawn, rows=12, legend=bool(lines)), shows)


def _shades(count: int) -> list[str]:
    """From light to dark, each told from its neighbours."""
    light, dark = (0xD3, 0xE1, 0xF3), (0x18, 0x3F, 0x78)
    return [
        "#"
        + "".join(
            f"{round(one + (other - one) * at / max(1, count - 1)):02x}"
            for one, other in zip(light, dark, strict=True)
        )
        for at in range(count)
    ]


def _reach(upper: float | None, lower: float | None) -> float:
    return 0.0 if upper is None or lower is None else upper - lower


def _styled(drawn: Any, *, rows: int, legend: bool = False) -> Any:
    drawn.update_layout(
        template="none",
        height=max(160, 110 + _HEIGHT * rows),
        margin={"l": 10, "r": 10, "t": 30, "b": 45},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        font={"size": 13},
    )
    drawn.update_xaxes(automargin=True, gridcolor=_GREY, gridwidth=0.5, zeroline=False)
    drawn.update_yaxes(automargin=True, zeroline=False)
    return drawn

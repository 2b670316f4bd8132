"""A map of cells as a picture: each shows its decoded map, framed in the colour of its score, as large as full."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from eogen.raster import data_url
from pages.kit import figures
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.rain import draw, names

#: The colour of dry.
PAPER = (236, 240, 243)
#: Side of the smallest and of the fullest cell, of the room that a cell has; share of it that are the band
#: below and the rim.
SMALLEST, LARGEST, BAND, RIM = 0.5, 0.98, 0.15, 0.035
#: Pixels that each pixel of a prototype is drawn with.
ZOOM = 4


@dataclass(frozen=True)
class Board:
    """What is drawn.

    Attributes:
        prototypes: (cell, side, side) mm/h, north up; None where a method decodes none.
        value: (cell,) the score that frames are coloured by, NaN where a cell has none.
        count: (cell,) maps in each.
        place: (cell, 2) row and column.
        score: name of the score.
    """

    prototypes: np.ndarray | None
    value: np.ndarray
    count: np.ndarray
    place: np.ndarray
    score: str


def places(cells: int, grid: tuple[int, int] | None, value: np.ndarray) -> np.ndarray:
    """Return (cell, 2) row and column: those of the grid, else in the order of the score, worst first."""
    if grid is not None:
        return np.stack(np.unravel_index(np.arange(cells), grid), -1)
    across = int(np.ceil(np.sqrt(cells)))
    rank = np.empty(cells, int)
    rank[np.argsort(np.where(np.isfinite(value), value, np.inf), kind="stable")] = np.arange(cells)
    return np.stack([rank // across, rank % across], -1)


def rain_picture(rain: np.ndarray, zoom: int = ZOOM) -> np.ndarray:
    """Return a map (y, x) mm/h as uint8 (y, x, 3) in the room's colours; dry is light and what is not known grey."""
    rows = np.digitize(np.nan_to_num(rain), draw.STEPS)
    colours = draw.palette_of("radar")[rows][..., :3].copy()
    colours[rows == 0] = PAPER
    colours[~np.isfinite(rain)] = (150, 150, 150)
    return colours.repeat(zoom, 0).repeat(zoom, 1)


def rain_legend(t: Words, title: str = "rain.map.prototype_legend") -> str:
    """Return the HTML legend of rain; ``title`` is the key of its title, unit included."""
    steps = "".join(
        '<span style="flex:1;font-size:.8rem"><i style="display:block;height:12px;border:1px solid #8888;'
        f'background:{draw.colour("radar", k + 1)}"></i>{escape(t.number(step))}</span>'
        for k, step in enumerate(draw.STEPS)
    )
    said = escape(t(title))
    return (
        f'<div style="font-size:.9rem">{said}</div>'
        f'<div role="img" aria-label="{said}" style="display:flex;margin-top:.3em">{steps}</div>'
    )


def sides(count: np.ndarray) -> np.ndarray:
    """Return (cell,) side of each cell: its area grows with the number of its maps."""
    share = np.sqrt(count / max(count.max(initial=0), 1))
    return SMALLEST + (LARGEST - SMALLEST) * share


def picture(t: Words, board: Board, chosen: int | None = None) -> go.Figure:
    """Return the map of cells; points carry the number of their cell."""
    rows, columns = board.place.max(0) + 1
    bare = {"showgrid": False, "showticklabels": False, "ticks": "", "zeroline": False, "fixedrange": True}
    figure = figures.figure(
        t, x=figures.axis("-", "", range=[-0.5, columns - 0.5], **bare),
        y=figures.axis("-", "", range=[rows - 0.5, -0.5], scaleanchor="x", constrain="domain", **bare),
        height=int(132 * rows),
    )  # fmt: skip
    figure.update_layout(margin={"l": 0, "r": 0, "t": 4, "b": 0})
    figure.update_xaxes(title_text="", constrain="domain")
    figure.update_yaxes(title_text="")
    tint = names.scale(board.score, board.value[np.isfinite(board.value)])
    sizes = sides(board.count)
    for cell, (row, column) in enumerate(board.place):
        size, value = float(sizes[cell]), board.value[cell]
        colour = tuple(tint.colour(np.array([[value]]))[0, 0, :3]) if np.isfinite(value) else (150, 150, 150)
        side = size * (1 - BAND - 2 * RIM)
        x0, x1 = column - side / 2 - size * RIM, column + side / 2 + size * RIM
        y0, y1 = row - size / 2, row + size / 2
        figure.add_shape(
            type="rect", x0=x0, x1=x1, y0=y0, y1=y1, fillcolor=css(colour), layer="below",
            line={"width": 4 if cell == chosen else 0, "color": figures.SEQUENCE[1]},
        )  # fmt: skip
        if board.prototypes is not None:
            figure.add_layout_image(
                source=data_url(rain_picture(board.prototypes[cell])), xref="x", yref="y", layer="above",
                x=column - side / 2, y=y0 + size * RIM, sizex=side, sizey=side, xanchor="left", yanchor="top",
                sizing="stretch",
            )  # fmt: skip
        text = t.number(float(value), 2) if np.isfinite(value) else "–"
        figure.add_annotation(
            x=column, y=y1 - size * 0.085, showarrow=False, font={"size": 11},
            # Streamlit's theme takes the colour of annotations over, but not that of what is in them.
            text=f'<span style="color:{ink(colour)}">{text}</span>',
        )  # fmt: skip
    said = [
        t("rain.map.hover", cell=cell + 1, score=names.score(t, board.score),
          value=t.number(float(value), 2) if np.isfinite(value) else "–", n=int(board.count[cell]))
        for cell, value in enumerate(board.value)
    ]  # fmt: skip
    invisible = {"marker": {"opacity": 0.01}}
    figure.add_scatter(
        x=board.place[:, 1], y=board.place[:, 0], mode="markers", customdata=list(range(len(board.place))),
        text=said, hovertemplate="%{text}<extra></extra>", selected=invisible, unselected=invisible,
        marker={"size": 64, "opacity": 0.01, "symbol": "square", "color": "#808080"},
    )  # fmt: skip
    return figure


def distances(t: Words, between: np.ndarray) -> go.Figure:
    """Return the U-matrix (rows, columns): how far each cell lies from its neighbours, in the latent space."""
    rows, columns = between.shape
    figure = figures.figure(
        t, x=figures.axis(t("rain.map.column"), "", dtick=1, fixedrange=True),
        y=figures.axis(t("rain.map.row"), "", dtick=1, autorange="reversed", showgrid=False, fixedrange=True),
        height=60 + 46 * rows,
    )  # fmt: skip
    figure.add_heatmap(
        z=between, x=list(range(1, columns + 1)), y=list(range(1, rows + 1)), xgap=2, ygap=2,
        colorscale=figures.scale(),
        colorbar={"thickness": 10, "title": {"text": t("rain.map.distance"), "side": "right"}},
        hovertemplate="%{z:.2f}<extra>%{y} · %{x}</extra>",
    )  # fmt: skip
    return figure


def css(colour: tuple[int, ...]) -> str:
    """Return a colour as CSS writes it."""
    return "#{:02x}{:02x}{:02x}".format(*(int(c) for c in colour))


def ink(colour: tuple[int, ...]) -> str:
    """Return the colour of text that is read on a ground."""
    light = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    return "#10171D" if light > 130 else "#FDFDFD"

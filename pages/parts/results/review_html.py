"""A review as one file: pictures inside, nothing asked of any network, every text escaped, made to be printed."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from eogen.results import code_version
from eogen.verdicts.pin_pictures import Picture
from eogen.verdicts.reviews import Pin, Review
from pages.kit.words import Words

#: Nothing may be fetched, run or sent: only pictures and styles that stand in the file.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = Path(__file__).with_name("review.css").read_text(encoding="utf-8")


def render(
    t: Words,
    review: Review,
    pins: Sequence[tuple[Pin, Sequence[Picture]]],
    server: str,
    table: pd.DataFrame | None,
) -> str:
    """Return the file.

    Args:
        t: words of the reader.
        review: what is written.
        pins: its pins in their order, with their pictures.
        server: ``"http://host:port"`` that the links reopen views on, or nothing: then the path alone is written.
        table: missed targets to add, or None.
    """
    esc = html.escape
    day = datetime.now(UTC).date().isoformat()
    parts = [
        "<!doctype html>",
        f'<html lang="{t.lang}"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{esc(review.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{esc(review.title)}</h1>",
        f'<p class="muted">{esc(t("results.reviews.file.date", date=day, n=len(pins)))}</p>',
        *(_pin(t, pin, pictures, server) for pin, pictures in pins),
    ]
    if table is not None:
        title = esc(t("results.reviews.file.targets"))
        parts.append(f'<section><h2>{title}</h2><div class="scroll">{_table(t, table)}</div></section>')
    parts.append(
        f'<p class="muted">{esc(t("results.reviews.file.made", version=code_version()))}</p></body></html>'
    )
    return "\n".join(parts) + "\n"


def _pin(t: Words, pin: Pin, pictures: Sequence[Picture], server: str) -> str:
    esc = html.escape
    link = esc(f"{server}{pin.url}")
    words = esc(t("results.reviews.file.link"))
    opens = f'<a href="{link}" rel="noreferrer">{words}</a>' if server else f"<code>{link}</code>"
    facts = esc(t("results.reviews.pinned", date=pin.time, version=pin.version, n=len(pictures)))
    note = f'<p class="note">{esc(pin.note)}</p>' if pin.note else ""
    return (
        f'<section><h2>{esc(pin.title)}</h2><p class="muted">{facts} · {opens}</p>{note}'
        + f'<div class="pictures">{"".join(_figure(picture) for picture in pictures)}</div></section>'
    )


def _figure(picture: Picture) -> str:
    if picture.media not in ("image/png", "image/jpeg"):
        raise ValueError(f"a picture of kind {picture.media!r}")
    alt = html.escape(picture.alt)
    data = base64.b64encode(picture.content).decode()
    caption = f"<figcaption>{alt}</figcaption>" if alt else ""
    return f'<figure><img alt="{alt}" src="data:{picture.media};base64,{data}">{caption}</figure>'


def _table(t: Words, table: pd.DataFrame) -> str:
    """Return a table; numbers in the reader's language, every cell escaped."""
    cell = lambda v: html.escape(
        "–" if pd.isna(v) else t.number(v) if isinstance(v, (int, float)) else str(v)
    )
    head = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in table.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{cell(v)}</td>' for v in row)}</tr>" for row in table.itertuples(index=False)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

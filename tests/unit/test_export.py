"""Exports: lazy, exact, readable elsewhere; addresses and their QR codes."""

from __future__ import annotations

import base64
import csv
import io
import json
import logging
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import segno

from pages.kit import export
from pages.kit.words import LANGUAGES, load


def never():
    raise AssertionError("made before it was asked for")


def test_nothing_is_made_before_it_is_asked_for():
    for make in (export.table, export.raster, export.objects, export.record, export.page):
        with pytest.raises(AssertionError):
            make("a", never).content()  # making the item itself did not raise


def test_a_table_reads_back_everywhere():
    frame = pd.DataFrame({"name": ["Forêt, « dense »", 'a "b"'], "share": [0.1 + 0.2, np.nan]})
    content = export.table("t", lambda: frame).content()
    assert not content.startswith(b"\xef\xbb\xbf")
    pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(content)), frame, check_exact=True)
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"))))
    assert rows[0] == ["name", "share"]
    assert rows[1] == ["Forêt, « dense »", "0.30000000000000004"]


def test_objects_are_json_without_not_a_number():
    place = {"type": "FeatureCollection", "features": [], "nom": "Forêt"}
    item = export.objects("o", lambda: place)
    assert item.name == "o.geojson"
    assert json.loads(item.content()) == place
    with pytest.raises(ValueError, match="JSON"):
        export.record("r", lambda: {"x": float("nan")}).content()


def test_a_failing_export_is_in_the_log_whole(caplog):
    with caplog.at_level(logging.ERROR, "eogen.pages"), pytest.raises(AssertionError):
        export.raster("evidence", never).content()
    assert "evidence.tif" in caplog.text
    assert "made before it was asked for" in caplog.text


def test_an_unknown_ending_is_refused():
    with pytest.raises(ValueError, match="exe"):
        export.File("a.exe", never)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_format_has_its_word(lang):
    assert all(load(lang)(f"kit.export.{word}") for word, _, _ in export.FORMATS.values())


def matrix_of(svg: ElementTree.Element) -> set[tuple[int, int]]:
    """Dark modules drawn by segno's path: 'M x y h n' in runs, relative moves."""
    import re

    path = next(e for e in svg.iter() if e.tag.endswith("path") and e.get("stroke"))
    dark, x, y = set(), 0.0, 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path.get("d")):
        values = [float(n) for n in re.findall(r"-?[\d.]+", numbers)]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            dark |= {(int(x) + i, int(y)) for i in range(int(values[0]))}
            x += values[0]
    return dark


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8501/landcover?lang=fr&q=for%C3%AAt", "http://a.fr/" + "x" * 300]
)
def test_a_qr_code_draws_exactly_the_address(url):
    uri = export.qr(url)
    head, _, body = uri.partition(",")
    assert head.startswith("data:image/svg+xml")
    svg = ElementTree.fromstring(base64.b64decode(body) if "base64" in head else unquote(body))
    code = segno.make(url, error="m", micro=False)
    expected = {(x + 3, y + 3) for y, row in enumerate(code.matrix) for x, on in enumerate(row) if on}
    assert matrix_of(svg) == expected
    assert export.qr(url) is uri  # kept, not drawn again

"""What files and visitors say is shown as text: no tag, no link, no picture, no formula, no icon comes of it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pages.kit.style import escape
from tests import ocean_files
from tests.canopy_files import GREEN
from tests.landcover_files import encoded
from tests.pages.reading import visit
from tests.pages.test_app_upload import picture

#: Without a slash, which no name of a file can hold.
NASTY = "![p](x:p) [l](x:l) <img src=x onerror=alert(1)> $x^2$ :material_home: <style>"
#: What must not stand in a text that is drawn as Markdown, and in one that is drawn as HTML.
MARKDOWN = re.compile(r"(?<!\\)!?(?<!\\)\[[pl]\]\(x:|(?<!\\)\$x\^2(?<!\\)\$")
TAG = re.compile(r"<img src=x|onerror=alert\(1\)>")


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))


def live(at):
    """Return every text in which the hostile one would do something."""
    found = []
    for kind in (
        "markdown",
        "caption",
        "title",
        "header",
        "subheader",
        "info",
        "warning",
        "error",
        "success",
        "metric",
    ):
        for each in at.get(kind):
            body = str(getattr(each.proto, "body", "")) + str(getattr(each.proto, "label", ""))
            if MARKDOWN.search(body) or (TAG.search(body) and getattr(each.proto, "allow_html", False)):
                found.append((kind, body[:300]))
    for each in at.get("html"):
        if not each.proto.body.startswith("<style") and TAG.search(each.proto.body):
            found.append(("html", each.proto.body[:300]))
    for kind in ("selectbox", "radio", "button", "button_group", "checkbox", "toggle", "expander"):
        for each in at.get(kind):
            texts = [str(getattr(each.proto, "label", "")), *map(str, getattr(each.proto, "options", []))]
            found += [(kind, text[:300]) for text in texts if kind != "selectbox" and MARKDOWN.search(text)]
    return found


def shown(at) -> bool:
    return any("onerror" in each.proto.body for each in at.get("html"))


def test_the_detector_sees_what_it_looks_for():
    assert MARKDOWN.search(NASTY)
    assert TAG.search(NASTY)
    assert not TAG.search(escape(NASTY))


@pytest.mark.parametrize("view", ["public", "expert"])
def test_a_hostile_file_name_on_the_landcover_page(view):
    at = visit(lang="fr", view=view, set="upload", panel="results", model_a="rgb_cnn", model_b="rgb_cnn")
    at.file_uploader[0].set_value((f"{NASTY}.png", encoded(picture(64), "PNG"), "image/png")).run()
    assert not at.exception
    assert live(at) == []
    assert shown(at)


def test_a_hostile_file_name_that_is_refused():
    at = visit(lang="en", view="public", set="upload")
    at.file_uploader[0].set_value((f"{NASTY}.png", b"", "image/png")).run()
    assert live(at) == []
    assert shown(at)


def test_hostile_attributes_of_a_netcdf(tmp_path):
    held = ocean_files.occci().assign_attrs(title=NASTY, source=NASTY, licence=NASTY)
    held["chlor_a"].attrs |= {"long_name": NASTY, "comment": NASTY}
    path = ocean_files.write(held, tmp_path / "sea.nc")
    at = visit("ocean", lang="en", view="expert", source="upload")
    at.file_uploader(key="ocean_file").set_value(
        (f"{NASTY}.nc", path.read_bytes(), "application/x-netcdf")
    ).run()
    assert live(at) == []


def test_hostile_headers_of_a_table():
    bands = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
    quoted = '"' + NASTY.replace('"', "") + '"'
    row = ",".join(map(str, [*np.round(GREEN, 4), 30, 5, 60]))
    table = ",".join([*bands, "sza", "vza", "raa", quoted]) + "\n" + f"{row},1\n{row},2\n"
    at = visit("canopy", lang="en", view="expert", source="upload")
    at.file_uploader(key="canopy_file").set_value((f"{NASTY}.csv", table.encode(), "text/csv")).run()
    assert not at.exception
    assert live(at) == []
    assert shown(at)


def test_hostile_file_names_on_the_change_page():
    at = visit("change", lang="fr", view="expert", source="upload")
    rng = np.random.default_rng(0)
    for part in ("before", "after"):
        image = encoded(rng.integers(40, 200, (64, 64, 3)).astype(np.uint8), "PNG")
        at.file_uploader(key=f"change_{part}").set_value((f"{part} {NASTY}.png", image, "image/png"))
    at.run()
    assert live(at) == []
    assert shown(at)


def test_hostile_addresses():
    for page in ("home", "landcover", "change"):
        address = dict.fromkeys(
            ("source", "set", "panel", "scene", "place", "item", "class", "lang", "view"), NASTY
        )
        at = visit(page, **address)
        assert not at.exception
        assert live(at) == []
        assert not shown(at)


def test_nothing_can_be_given_on_a_read_only_machine(monkeypatch):
    monkeypatch.setenv("EOGEN_READ_ONLY", "1")
    at = visit("ocean", lang="fr", view="expert", source="upload")
    assert not at.exception
    assert not at.get("file_uploader")
    assert any("EOGEN_READ_ONLY" in each.proto.body for each in at.get("html"))

"""The stand's full screen, its sheets of paper, and the address that phones are given."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from eogen.cli import app, printed, screen, serve
from eogen.errors import InputError
from pages.kit.rooms import ROOMS
from pages.kit.stand import takeaway
from pages.kit.words import LANGUAGES, load
from pages.printed import guide, poster
from pages.printed.__main__ import main as print_sheet
from pages.printed.sheet import Sheet
from tests.real import REPOSITORY

URL = "https://lab.example/eogen"


def run(*words: str):
    return CliRunner().invoke(app, list(words))


def square(room: str) -> np.ndarray:
    return np.full((8, 8, 3), 40 * ROOMS.index(room), np.uint8)


def browser(folder: Path, name: str) -> Path:
    """A browser that writes down how it was called, and waits."""
    path = folder / name
    # Its note takes its name when it is whole: what is there can be read.
    path.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$0.tmp" && mv "$0.tmp" "$0.called"\nexec sleep 60\n')
    path.chmod(0o755)
    return path


# --- the full screen ---


def test_the_stand_opens_a_browser_without_a_frame_and_takes_it_away(tmp_path, monkeypatch):
    found = browser(tmp_path, "google-chrome")
    (tmp_path / "app.py").write_text("import streamlit as st\nst.write('here')\n")
    monkeypatch.setattr(serve, "APP", tmp_path / "app.py")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(screen, "BROWSERS", ("no-such-browser", "google-chrome"))
    opened: list[subprocess.Popen[bytes]] = []
    real = screen.open_full

    def remember(url: str) -> subprocess.Popen[bytes] | None:
        opened.append(real(url))
        while not found.with_suffix(".called").exists():
            os.sched_yield()
        signal.raise_signal(signal.SIGINT)
        return opened[-1]

    monkeypatch.setattr(screen, "open_full", remember)
    # Where the tests run in the background the shell has them ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        done = run("serve", "--stand", "--port", "0")
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.exit_code == 0, done.output
    called = found.with_suffix(".called").read_text().splitlines()
    assert "--kiosk" in called
    (address,) = [word.removeprefix("--app=") for word in called if word.startswith("--app=")]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?stand=1&lang=fr", address)
    opened[0].kill()
    opened[0].wait()


def test_without_a_browser_the_stand_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(screen, "BROWSERS", ("no-such-browser",))
    assert screen.open_full("http://127.0.0.1:1/?stand=1") is None
    said = capsys.readouterr().err
    assert "http://127.0.0.1:1/?stand=1" in said
    assert "F11" in said


# --- the sheets ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_poster_is_an_a3_page_that_says_every_room_as_text(lang, tmp_path):
    sheet = poster.draw(load(lang), square, URL)
    sheet.save(tmp_path / "poster.svg")
    sheet.save(tmp_path / "poster.pdf")
    assert re.search(rb"/MediaBox \[ ?0 0 841\.\d+ 1190\.\d+ ?\]", (tmp_path / "poster.pdf").read_bytes())
    said = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", (tmp_path / "poster.svg").read_text()))
    for room in ROOMS:
        for word in load(lang)(f"rooms.{room}.question").replace("&", "&amp;").split(" "):
            assert word in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_guide_is_one_page_that_holds_all_its_words(lang, tmp_path):
    words = load(lang)
    sheet = guide.draw(words)
    said = " ".join(text.get_text() for text in sheet.axes.texts)
    lists = [
        key
        for key in words
        if re.fullmatch(r"stand\.guide\.(\w+_\d|never|when|begin|canopy|rain|title)", key)
    ]
    assert len(lists) >= 18
    for key in lists:
        assert words.text(key).replace("`", "") in said, key


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("made", [lambda t: guide.draw(t), lambda t: poster.draw(t, square, URL)])
def test_no_line_leaves_the_paper_nor_lies_on_another(lang, made):
    sheet: Sheet = made(load(lang))
    sheet.figure.draw_without_rendering()
    to_mm = sheet.axes.transData.inverted()
    boxes = []
    for text in sheet.axes.texts:
        (left, low), (right, high) = to_mm.transform(text.get_window_extent().get_points())
        boxes.append((left, min(low, high), right, max(low, high), text.get_text()))
        assert left > 5
        assert right < sheet.width - 5, text.get_text()
        assert min(low, high) > 5
        assert max(low, high) < sheet.height - 3
    for k, a in enumerate(boxes):
        for b in boxes[k + 1 :]:
            over = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            assert not (over[0] > 0.5 and over[1] > 0.8), (a[4], b[4], over)


def test_the_printed_code_is_the_code_of_the_address():
    import segno

    sheet = Sheet(100, 100)
    sheet.code(10, 10, 80, URL)
    made = [list(row) for row in segno.make(URL, error="m", micro=False).matrix_iter(border=4)]
    cell = 80 / len(made)
    drawn = np.zeros((len(made), len(made)), int)
    for patch in sheet.axes.patches[1:]:
        drawn[round((patch.get_y() - 10) / cell), round((patch.get_x() - 10) / cell)] = 1
    assert np.array_equal(drawn, np.array(made))


def test_what_cannot_be_printed_is_refused_with_a_sentence(tmp_path):
    for code, given in {
        "bad_sheet_format": ("guide", "fr", str(tmp_path / "a.docx"), ""),
        "sheet_not_written": ("guide", "fr", str(tmp_path / "absent" / "a.pdf"), ""),
        "bad_link": ("poster", "fr", str(tmp_path / "a.pdf"), "javascript:alert(1)"),
    }.items():
        with pytest.raises(InputError) as raised:
            print_sheet(*given)
        assert raised.value.code == code
        assert load("fr")(f"errors.{code}", **raised.value.facts)
    with pytest.raises(InputError, match="too many"):
        Sheet(10, 10).code(0, 0, 5, "https://a.fr/?" + "x" * 5000)
    assert list(tmp_path.iterdir()) == []


def test_the_command_hands_on_what_is_wrong_and_the_sheet_is_a_pdf(tmp_path):
    wrong = run("guide", "--out", str(tmp_path / "guide.txt"))
    assert wrong.exit_code == 1
    assert "pdf, svg, png" in wrong.stderr
    print_sheet("guide", "en", str(tmp_path / "guide.pdf"))
    assert (tmp_path / "guide.pdf").read_bytes().startswith(b"%PDF")
    assert printed.APP == REPOSITORY / "app.py"


# --- the address for phones ---


@pytest.fixture
def here(monkeypatch):
    """Say where the page was opened, and where the server listens."""

    def place(url: str, bound: str, told: str = "", own: str | None = "10.1.2.3") -> str | None:
        options = {"server.address": bound, "server.port": 8501}
        monkeypatch.setattr(
            takeaway, "st", SimpleNamespace(context=SimpleNamespace(url=url), get_option=options.__getitem__)
        )
        monkeypatch.setattr(takeaway, "_own_address", lambda: own)
        monkeypatch.setenv(takeaway.VARIABLE, told)
        return takeaway.base()

    return place


def test_phones_are_sent_where_they_can_reach_the_app(here):
    local = "http://127.0.0.1:8600/ocean"
    assert here(local, "127.0.0.1") is None, "bound to this machine only"
    assert here(local, "localhost") is None
    assert here(local, "0.0.0.0") == "http://10.1.2.3:8600"
    assert here(local, "0.0.0.0", own=None) is None, "no network"
    assert here(local, "192.168.7.7") == "http://192.168.7.7:8600"
    assert here("http://192.168.7.7:8501/", "0.0.0.0") == "http://192.168.7.7:8501"
    assert here(local, "127.0.0.1", told=URL + "/") == URL
    assert here(local, "127.0.0.1", told="javascript:alert(1)") is None


def test_the_code_opens_the_same_view_at_the_address_for_phones(here, monkeypatch):
    monkeypatch.setattr(takeaway, "view_url", lambda words: "http://127.0.0.1:8600/ocean?bet=left&lang=en")
    here("http://127.0.0.1:8600/ocean", "127.0.0.1", told=URL)
    assert takeaway.public_url(load("en")) == f"{URL}/ocean?bet=left&lang=en"
    here("http://127.0.0.1:8600/ocean", "127.0.0.1")
    assert takeaway.public_url(load("en")) is None

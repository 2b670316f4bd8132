"""Reviews on the disk, the pictures of their pins, and the file that is handed on."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from eogen.errors import InputError
from eogen.verdicts import reviews
from eogen.verdicts.pin_pictures import BYTES, MOST, SIDE, Picture, clean
from pages.kit.words import LANGUAGES, load
from pages.parts.results import review_html


@pytest.fixture
def database(tmp_path) -> str:
    return f"sqlite:///{tmp_path / 'reviews.sqlite'}"


def picture(width=20, height=10, kind="PNG", noise=False) -> str:
    rng = np.random.default_rng(0)
    pixels = (
        rng.integers(0, 255, (height, width, 3), np.uint8)
        if noise
        else np.full((height, width, 3), 90, np.uint8)
    )
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(held.getvalue()).decode()}"


def test_a_pin_is_read_back_as_it_was_given(database):
    review = reviews.create(" Novembre ", database)
    made = reviews.add(review.id, "/ocean?view=expert", "Vue", "été", [clean(picture(), "une vue")], database)
    assert reviews.reviews(database) == [review]
    assert review.title == "Novembre"
    assert reviews.pins(review.id, database) == [made]
    held = reviews.pictures(made.pin, database)
    assert [(p.alt, p.media) for p in held] == [("une vue", "image/png")]
    assert Image.open(io.BytesIO(held[0].content)).size == (20, 10)


def test_notes_order_and_removal_are_new_rows(database):
    review = reviews.create("r", database)
    a, b, c = (reviews.add(review.id, f"/{n}?x=1", n, "", [], database) for n in "abc")
    reviews.edit(b, note="read again", database=database)
    reviews.move(c, -1, database)
    reviews.move(a, -1, database)  # the first stays the first
    assert [p.title for p in reviews.pins(review.id, database)] == ["a", "c", "b"]
    reviews.edit(a, removed=True, database=database)
    left = reviews.pins(review.id, database)
    assert [(p.title, p.note) for p in left] == [("c", ""), ("b", "read again")]
    with reviews.base.reading(database) as connection:
        rows = connection.execute(reviews.sa.select(reviews.tables.pins)).mappings().all()
    assert len(rows) == 3 + 1 + 2 + 1
    assert [row["number"] for row in rows] == sorted(row["number"] for row in rows)


@pytest.mark.parametrize(
    "url",
    [
        *("", "ocean", "http://elsewhere/", "//elsewhere/x", "/\\elsewhere"),
        *("/a b", "javascript:alert(1)", "/x\n", "/" + "x" * 5000),
    ],
    ids=lambda url: repr(url)[:20],
)  # fmt: skip
def test_an_address_of_another_place_is_refused(database, url):
    review = reviews.create("r", database)
    with pytest.raises(InputError) as error:
        reviews.add(review.id, url, "t", "", [], database)
    assert error.value.code == "pin_url"
    assert reviews.pins(review.id, database) == []


@pytest.mark.parametrize("title", ["", "  ", "x" * 301, "\x00", "\ud800"])
def test_a_title_that_no_database_holds_is_refused(database, title):
    review = reviews.create("r", database)
    with pytest.raises(InputError) as error:
        reviews.add(review.id, "/x", title, "", [], database)
    assert error.value.code == "review_text"


def test_a_review_that_is_not_there_is_named(database):
    with pytest.raises(InputError) as error:
        reviews.add("nowhere", "/x", "t", "", [], database)
    assert error.value.code == "no_review"


def test_pictures_are_counted(database):
    review = reviews.create("r", database)
    with pytest.raises(InputError) as error:
        reviews.add(review.id, "/x", "t", "", [Picture("", "image/png", b"")] * (MOST + 1), database)
    assert error.value.code == "pin_many"


def test_a_picture_is_drawn_anew_and_made_small():
    kept = clean(picture(2400, 900, "JPEG", noise=True), "a\x00lt" + "x" * 900)
    drawn = Image.open(io.BytesIO(kept.content))
    assert len(kept.content) <= BYTES
    assert max(drawn.size) <= SIDE
    assert len(kept.alt) == 500
    assert "\x00" not in kept.alt
    prefix, _, content = picture().partition(",")
    carries = base64.b64decode(content) + b"<script>alert(1)</script>"
    assert b"<script" not in clean(f"{prefix},{base64.b64encode(carries).decode()}", "").content


@pytest.mark.parametrize(
    "url",
    ["", "https://elsewhere/x.png", "data:image/svg+xml;base64,AAAA", "data:image/png;base64,!!!",
     "data:image/png;base64,AAAA",
     "data:image/png;base64," + "A" * 3_000_001, picture().replace("image/png", "image/gif")],
    ids=lambda url: url[:30],
)  # fmt: skip
def test_what_is_no_picture_is_refused(url):
    with pytest.raises(InputError) as error:
        clean(url, "")
    assert error.value.code == "pin_picture"


BAD = "<script>alert(1)</script>\"'<img src=https://elsewhere/x>"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_file_holds_everything_and_asks_for_nothing(database, lang):
    review = reviews.create(BAD, database)
    pin = reviews.add(review.id, '/ocean?x="><b>', BAD, BAD, [clean(picture(), BAD)], database)
    text = review_html.render(
        load(lang), review, [(pin, reviews.pictures(pin.pin, database))], "http://127.0.0.1:8501",
        pd.DataFrame({BAD: [BAD], "n": [12.5]}),
    )  # fmt: skip
    assert "<script" not in text
    assert "<b>" not in text
    assert text.count("<img ") == 1
    sources = re.findall(r'(?:src|href|action|data)="([^"]*)"', text)
    assert {s.partition(":")[0] for s in sources} == {"data", "http"}
    assert [s for s in sources if s.startswith("http")] == [
        "http://127.0.0.1:8501/ocean?x=&quot;&gt;&lt;b&gt;"
    ]
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text
    assert ("<td>12,5</td>" if lang == "fr" else "<td>12.5</td>") in text

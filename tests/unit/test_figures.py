"""Figures: units, language, colours that everybody can tell apart, no rainbow anywhere in the code."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from pages.kit import figures
from pages.kit.words import load
from tests.real import REPOSITORY


def _written(fig):
    return json.dumps(fig.to_dict(), sort_keys=True)


def make(lang="fr", **options):
    x, y = figures.axis("Longueur d’onde", "nm"), figures.axis("Réflectance", "")
    return figures.figure(load(lang), x=x, y=y, **options)


def test_an_axis_says_its_unit():
    fig = make()
    assert fig.layout.xaxis.title.text == "Longueur d’onde (nm)"
    assert fig.layout.yaxis.title.text == "Réflectance"


@pytest.mark.parametrize("bad", [{}, {"title": "text"}, {"title": {"text": ""}}])
def test_an_axis_without_a_title_is_refused(bad):
    bad = bad if isinstance(bad.get("title"), dict) or not bad else {"title": {}}
    with pytest.raises(ValueError, match="x axis has no title"):
        figures.figure(load("fr"), x=bad, y=figures.axis("a", "m"))
    with pytest.raises(ValueError, match="title"):
        figures.axis("", "m")


def test_numbers_follow_the_language_and_the_ground_shows_through():
    assert make("fr").layout.separators == ",\u202f"
    assert make("en").layout.separators == ".,"
    assert make().layout.paper_bgcolor == make().layout.plot_bgcolor == "rgba(0,0,0,0)"


def luminance(colour: str) -> float:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return float(
        np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
    )


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", ["#FBFAF6", "#10171D"])
def test_room_colours_are_seen_on_both_grounds(ground):
    seen = {room: contrast(colour, ground) for room, colour in figures.ACCENT.items()}
    assert min(seen.values()) >= 3, seen  # WCAG 2.1, 1.4.11: graphical objects


#: Viénot, Brettel & Mollon 1999 (Color Res. Appl. 24, 243-252), in linear RGB
DICHROMATS = {
    "protan": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deutan": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}


@pytest.mark.parametrize("eye", DICHROMATS)
def test_series_are_told_apart_by_dichromats(eye):
    from skimage.color import deltaE_ciede2000, rgb2lab

    srgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in figures.SEQUENCE]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(DICHROMATS[eye]).T, 0, 1)
    lab = rgb2lab(np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)[None])[0]
    apart = [deltaE_ciede2000(lab[i], lab[j]) for i in range(len(lab)) for j in range(i)]
    assert min(apart) > 8


def lightness(kind: str) -> np.ndarray:
    from plotly.colors import label_rgb, sample_colorscale, unlabel_rgb
    from skimage.color import rgb2lab

    colours = sample_colorscale(figures.scale(kind), np.linspace(0, 1, 101).tolist())
    rgb = np.array([unlabel_rgb(c if c.startswith("rgb") else label_rgb(c)) for c in colours]) / 255
    return rgb2lab(rgb[None])[0][:, 0]


@pytest.mark.parametrize("kind", sorted(set(figures.SCALES) - {"signed", "anomaly"}))
def test_sequential_scales_have_one_direction_of_lightness(kind):
    steps = np.diff(lightness(kind))
    assert (steps >= -0.5).all() or (steps <= 0.5).all()
    assert abs(lightness(kind)[-1] - lightness(kind)[0]) > 40


@pytest.mark.parametrize("kind", ["signed", "anomaly"])
def test_signed_scales_are_lightest_in_the_middle(kind):
    light = lightness(kind)
    assert 40 <= light.argmax() <= 60
    assert light.max() - light[[0, -1]].max() > 40


def test_no_rainbow_anywhere():
    name = r"""["'](?:jet|rainbow|gist_rainbow|hsv|turbo|nipy_spectral|spectral)(?:_r)?["']"""
    found = []
    for folder in ("app.py", "eogen", "pages", "benchmarks"):
        root = REPOSITORY / folder
        for path in [root] if root.is_file() else sorted(root.rglob("*")) if root.is_dir() else []:
            if path.suffix in {".py", ".js", ".css", ".toml"}:
                text = path.read_text(encoding="utf-8")
                found += [f"{path.name}: {m[0]}" for m in re.finditer(name, text, re.IGNORECASE)]
                found += [
                    f"{path.name}: {m[0]}" for m in re.finditer(r"\bcm\.(?:jet|rainbow|hsv|turbo)\b", text)
                ]
    assert found == []


def test_the_slow_half_of_plotly_and_matplotlib_are_not_imported():
    code = "import sys, pages.kit.figures; assert not {'plotly.express', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True)


def test_a_figure_needs_words_for_those_who_do_not_see_it():
    with pytest.raises(ValueError, match="alternative text"):
        figures.show(make(), key="a", alt="  ")


@pytest.mark.parametrize("standing", [False, True])
@pytest.mark.parametrize("expert", [False, True])
def test_a_figure_that_is_kept_is_drawn_as_if_made_anew_however_often(monkeypatch, expert, standing):
    drawn = []
    monkeypatch.setattr(figures.st, "plotly_chart", lambda fig, **_: drawn.append(_written(fig)))
    monkeypatch.setattr(figures.mode, "standing", lambda: standing)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 40))

    def curves():
        return make(height=300).add_scatter(x=values[0], y=values[1], marker={"color": values[2]})

    kept = figures.kept(("test", expert, standing), curves)
    for fig in (kept, kept, figures.kept(("test", expert, standing), curves), curves()):
        figures.show(fig, key="a", alt="b", expert=expert)
    assert len(set(drawn)) == 1
    told = json.loads(drawn[0])["layout"]
    assert told["dragmode"] == ("zoom" if expert else False)
    assert told["height"] == 300 + (60 if standing else 0)
    assert kept.to_dict()["layout"]["dragmode"] is False, "what is kept is not changed by who looks at it"

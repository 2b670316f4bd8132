"""The desk of verdicts: list, judging by buttons, undo, notes, agreement, the machine; in two languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from eogen.verdicts import campaigns, current, database, load, turns
from eogen.verdicts.kinds import Case, kinds
from pages.kit.words import load as words
from pages.parts.verdicts import create, naming, pictures
from tests.judged import PLAIN, SIDES
from tests.pages.reading import PATIENCE, without_pictures
from tests.real import REPOSITORY

LANGUAGES = pytest.mark.parametrize("lang", ["fr", "en"])


@pytest.fixture(autouse=True)
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    at = f"sqlite:///{tmp_path / 'v.sqlite'}"
    monkeypatch.setenv("EOGEN_DB", at)
    yield at
    database.close()


def opened(lang: str = "fr", **query: str) -> AppTest:
    at = AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=PATIENCE)
    for name, value in {"lang": lang, "view": "expert", **query}.items():
        at.query_params[name] = value
    at.switch_page("pages/verdicts.py")
    at.run()
    assert not at.exception, at.exception
    return at


def html(at: AppTest) -> str:
    return " ".join(bodies(at))


def bodies(at: AppTest) -> list[str]:
    return [str(one.proto.body) for one in at.get("html")]


def text(at: AppTest) -> str:
    said = [
        one.value for kind in ("markdown", "caption", "info", "success", "warning") for one in at.get(kind)
    ]
    return " ".join([*said, html(at)])


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception, at.exception
    return at


@LANGUAGES
def test_without_a_campaign_the_desk_says_how_to_begin(lang):
    at = opened(lang)
    assert words(lang)("verdicts.list.none") in text(at)


@LANGUAGES
def test_a_campaign_is_judged_to_its_end_and_resumed(lang):
    made = campaigns.create("Une *étoile* <b>", PLAIN, n=4, repeats=0)
    at = opened(lang, reviewer="AB")
    press(at, f"open_{made.name}")
    assert "eo-case" in html(at)
    assert "<b>" not in html(at).replace("&lt;b&gt;", "")
    press(at, "verdicts_first")
    press(at, "verdicts_second")
    assert [row.answer for row in load()] == ["change", "no_change"]
    assert all(
        row.reviewer == "AB" and row.campaign == made.name and row.seconds is not None for row in load()
    )
    again = opened(lang, campaign=made.name, reviewer="AB")
    assert words(lang)("verdicts.judge.at", done=2, n=4) in str(again.get("progress")[0].proto.text)
    press(again, "verdicts_unsure")
    press(again, "verdicts_undo")
    press(again, "verdicts_skip")
    press(again, "verdicts_first")
    assert words(lang)("verdicts.judge.all_done") in text(again)
    assert [row.answer for row in current(load())] == ["change", "no_change", "skip", "change"]
    press(again, "verdicts_undo")
    assert len(current(load())) == 3


def test_a_note_and_how_sure_one_is_are_kept_with_the_answer():
    made = campaigns.create("notes", PLAIN, n=2, repeats=0)
    at = opened(campaign=made.name, reviewer="AB")
    press(at, "verdicts_note_key")
    at.text_input[-1].input("des nuages").run()
    press(at, "verdicts_first")
    (row,) = load()
    assert row.note == "des nuages"
    assert len([one for one in at.text_input if one.label == words("fr")("verdicts.judge.note_label")]) == 0


def test_sides_hide_which_is_which_and_the_answer_says_which_was_taken():
    made = campaigns.create("sides", SIDES, n=6, repeats=0, blind=True)
    held = campaigns.cases(made.name)
    at = opened(campaign=made.name, reviewer="AB")
    for turn in turns.order(made, "AB", held):
        seen = " ".join(without_pictures(body) for body in bodies(at) if "<style" not in body).lower()
        assert not {"filled", "real", turn.held.case.method} & set(re.findall(r"\w+", seen))
        order = [n for n in turns.shown(made, "AB", turn, ["place", "real", "filled"]) if n != "place"]
        press(at, "verdicts_first")  # left
        assert load()[-1].answer == order[0]
    assert {row.answer for row in load()} == {"real", "filled"}


def test_a_disk_that_refuses_is_said_and_the_case_stays(monkeypatch):
    made = campaigns.create("disk", PLAIN, n=2, repeats=0)
    at = opened(campaign=made.name, reviewer="AB")
    before = html(at)

    def refuse(*_: object, **__: object) -> None:
        raise campaigns.InputError("verdict_busy", "{path} {seconds}", path="x", seconds=10)

    with monkeypatch.context() as patched:
        patched.setattr(turns, "judge", refuse)
        press(at, "verdicts_first")
    assert "eo-box" in html(at)
    assert before.split('class="eo-case')[1][:400] in html(at)
    assert load() == []


@LANGUAGES
def test_what_people_said_is_shown_and_taken_away(lang):
    made = campaigns.create("said", PLAIN, n=30, repeats=0.1)
    held = campaigns.cases(made.name)
    at = opened(lang, campaign=made.name, panel="agreement", reviewer="AB")
    assert words(lang)("verdicts.agreement.none") in text(at)
    for who in ("AB", "CD"):
        for turn in turns.place(made, who, held).coming:
            yes = (turn.held.case.score or 0) > 0.5
            turns.judge(made, who, turn, "change" if yes else "no_change", seconds=2.0)
    at = opened(lang, campaign=made.name, panel="agreement", reviewer="AB")
    t = words(lang)
    assert t("verdicts.agreement.lead", items=30, people=2, shared=30) in text(at)
    assert t("verdicts.agreement.alphas.high") in text(at)
    assert len(at.get("download_button")) == 3
    at = opened(lang, campaign=made.name, panel="machine", reviewer="AB")
    assert t("verdicts.machine.limit", limit="x", low="y", high="z", reached="", recall=1.0, n=0)[:8] in text(
        at
    )
    assert at.get("plotly_chart")


MADE_WITH = [
    ("posteriors", "canopy", "flow"), ("posteriors", "canopy", "swapped"), ("fillings", "ocean", ""),
    ("fillings", "ocean", "oi"), ("changes", "change", "gaussian_pmi"), ("scores", "rain", "desom_aware"),
    ("explanations", "landcover", "exact_evidence"), ("explanations", "landcover", "random"),
    ("labels", "landcover", "index_network"), ("seasons", "landcover", "tempcnn"),
]  # fmt: skip
GROUPS = [
    ("changes", "change", "OSCD_pairRGB8 · quiet"), ("scores", "rain", "frontal"), ("families", "rain", "cell 5"),
    ("fillings", "ocean", "observed"), ("fillings", "ocean", "vae"), ("labels", "landcover", "SeaLake"),
    ("seasons", "landcover", "grassland"),
]  # fmt: skip


@LANGUAGES
def test_what_made_a_case_is_said_in_words(lang):
    for said, cases in ((naming.method, MADE_WITH), (naming.group, GROUPS)):
        for kind, room, name in cases:
            shown = said(words(lang), SimpleNamespace(kind=kind, room=room), name)
            assert shown != name, name
            assert "_" not in shown, shown


@LANGUAGES
def test_what_a_campaign_is_made_of_is_offered_in_words(lang):
    for kind in kinds().values():
        for option in kind.options:
            if re.search("_(methods?|models?|families|estimator|parcels|source)$", option.name):
                for value in option.values():
                    shown = create._value(words(lang), kind, value)
                    assert "_" not in shown, (kind.name, option.name, value, shown)
                    assert shown not in ("simulated", "territory", "france"), (kind.name, option.name)


def test_a_control_is_not_told_by_its_method():
    held = [SimpleNamespace(case=case(method)) for method in ("flow", "swapped")]
    campaign = SimpleNamespace(kind="posteriors", room="canopy", blind=False, sides=False)
    for one in held:
        told = pictures.origin_html(words("en"), campaign, held, one)
        assert naming.method(words("en"), campaign, one.case.method) not in told
    assert "Spline flow" in pictures.origin_html(words("en"), campaign, held[:1], held[0])


def case(method: str) -> Case:
    return Case(method, dataset="simulated", scene="1", thing="", facts={}, method=method, origin="simulated")


def test_a_blind_campaign_keeps_its_methods_until_it_is_done():
    made = campaigns.create("blind", PLAIN, n=6, repeats=0, blind=True)
    held = campaigns.cases(made.name)
    coming = turns.place(made, "AB", held).coming
    turns.judge(made, "AB", coming[0], "change")
    at = opened(campaign=made.name, panel="agreement", reviewer="AB")
    assert words("fr")("verdicts.agreement.still_blind") in text(at)
    for turn in coming[1:]:
        turns.judge(made, "AB", turn, "change")
    at = opened(campaign=made.name, panel="agreement", reviewer="AB")
    assert words("fr")("verdicts.agreement.still_blind") not in text(at)


@LANGUAGES
def test_a_link_to_a_campaign_that_is_not_there_is_said(lang):
    at = opened(lang, campaign="nowhere")
    assert "eo-box" in html(at)
    assert words(lang)("verdicts.list.lead") in text(at)

"""The baselines learn what they should, cope with what a file does not tell, and are ready from the archive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from eogen.errors import InputError, Unavailable
from eogen.rain import archive as archives
from eogen.rain import baselines
from eogen.rain.examples import TARGETS, Examples, day_of
from eogen.rain.frames import CHANNELS, NOW, UNTOLD
from eogen.rain.methods import METHODS
from eogen.rain.protocol import Model
from eogen.rain.score_model import FEATURES

NAMES = ("wet_fraction", "age_only", "forest", "pca_kmeans")
TOLD = ("age", "seen", "quality", "infrared")


def made(n: int, seed: int = 0) -> Examples:
    """Return maps whose ``csi`` is the wet share, ``hss`` falls with age, ``fss`` with change, others are noise."""
    rng = np.random.default_rng(seed)
    features = pd.DataFrame(rng.random((n, len(FEATURES))), columns=list(FEATURES))
    features["age"] *= 100
    scores = pd.DataFrame(rng.random((n, len(TARGETS))), columns=list(TARGETS))
    scores["csi"] = features["wet"] ** 2
    scores["hss"] = 1 - features["age"] / 100
    scores["fss"] = 1 - features["change_after"]
    frames = rng.random((n, len(CHANNELS), 40, 40)).astype(np.float16)
    block = np.arange(n) // 4
    time = np.array([day_of(int(b)) for b in block], "datetime64[ns]") + np.arange(n) % 48 * np.timedelta64(
        30, "m"
    )
    return Examples(frames, features, scores, time, block, np.full(n, "showers"))


def blind(examples: Examples, groups: tuple[str, ...]) -> Examples:
    columns = [c for g in groups for c in baselines.GROUPS[g]]
    return replace(examples, features=examples.features.assign(**dict.fromkeys(columns, np.nan)))


def r2(truth: pd.Series, said: pd.Series) -> float:
    error = np.square(truth.to_numpy() - said.to_numpy()).sum()
    return float(1 - error / np.square(truth - truth.mean()).sum())


@pytest.fixture(scope="module")
def train():
    return made(400)


@pytest.fixture(scope="module")
def new():
    return made(120, seed=1)


@pytest.fixture(scope="module")
def fitted(train):
    return {name: METHODS[name].fit(train) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_every_baseline_is_a_model_that_never_reads_scores(fitted, new, name):
    model = fitted[name]
    assert isinstance(model, Model)
    said = model.predict(new)
    hidden = model.predict(replace(new, scores=new.scores * np.nan))
    pd.testing.assert_frame_equal(said.scores, hidden.scores)
    assert tuple(said.scores) == TARGETS
    assert np.isfinite(said.scores.to_numpy()).all()
    assert (said.cluster is None) == (model.clusters == 0) == (model.prototypes() is None)


@pytest.mark.parametrize("name", NAMES)
def test_a_map_is_judged_by_itself_alone(fitted, new, name):
    """What is said of a map does not depend on the others of the file."""
    whole = fitted[name].predict(new).scores
    some = fitted[name].predict(new.some(np.array([7, 3]))).scores
    assert some.to_numpy() == pytest.approx(whole.iloc[[7, 3]].to_numpy(), abs=1e-6)
    assert len(fitted[name].predict(new.some(slice(0, 0))).scores) == 0


def test_the_wet_share_is_followed_up_and_down(fitted, train, new):
    said = fitted["wet_fraction"].predict(new).scores
    assert r2(new.scores["csi"], said["csi"]) > 0.99
    assert abs(r2(new.scores["hss"], said["hss"])) < 0.2
    order = np.argsort(new.features["wet"].to_numpy())
    assert (np.diff(said["csi"].to_numpy()[order]) >= 0).all()
    falls = replace(train, scores=-train.scores)
    down = baselines.wet_fraction(falls).predict(new).scores["csi"].to_numpy()
    assert (np.diff(down[order]) <= 0).all()


def test_age_alone_sees_no_rain_and_is_silent_without_age(fitted, new):
    said = fitted["age_only"].predict(new).scores
    assert r2(new.scores["hss"], said["hss"]) > 0.6
    other = replace(new, features=new.features.assign(wet=0.0), frames=new.frames * 0)
    pd.testing.assert_frame_equal(fitted["age_only"].predict(other).scores, said)
    for group in ("age", "quality"):
        assert fitted["age_only"].predict(blind(new, (group,))).scores.isna().all(axis=None)


def test_a_forest_never_asked_about_age_answers_files_that_tell_none(fitted, new, train):
    model = fitted["forest"]
    assert r2(new.scores["hss"], model.predict(new).scores["hss"]) > 0.7
    without = model.predict(blind(new, TOLD)).scores
    assert np.isfinite(without.to_numpy()).all()
    # As if it had been fitted without ages in the first place.
    apart = baselines.forest(blind(train, TOLD)).predict(blind(new, TOLD)).scores
    assert without.to_numpy() == pytest.approx(apart.to_numpy(), abs=1e-6)
    assert r2(new.scores["hss"], without["hss"]) < 0.1
    # In one file, each map is answered by what it tells.
    features = blind(new, TOLD).features
    features.iloc[::2] = new.features.iloc[::2]
    mixed = replace(new, features=features)
    said = model.predict(mixed).scores
    assert said.iloc[1::2].to_numpy() == pytest.approx(without.iloc[1::2].to_numpy())


def test_the_forest_of_real_time_never_sees_the_map_after(train, new):
    model = METHODS["forest_early"].fit(replace(train, real_time=True))
    assert "change_after" not in model.columns
    assert r2(new.scores["fss"], model.predict(new).scores["fss"]) < 0.2
    assert r2(new.scores["fss"], METHODS["forest"].fit(train).predict(new).scores["fss"]) > 0.7
    assert model.importances().sum() == pytest.approx(1)


def test_a_map_far_from_all_that_was_learnt_is_beyond_the_limit(fitted, new):
    model = fitted["forest"]
    near = model.predict(new).distance
    assert np.mean(near > model.limit) < 0.1
    odd = replace(new, features=new.features * 8)
    assert (model.predict(odd).distance > model.limit).all()


def test_components_group_maps_alike_and_give_the_mean_of_their_scores(train):
    """Two kinds of maps, rain in the north or in the south: clusters are pure, their scores are means."""
    frames = np.zeros_like(train.frames)
    south = np.arange(len(train)) % 3 == 0
    frames[~south, NOW, :20] = 1
    frames[south, NOW, 20:] = 1
    frames[:, NOW] += 0.1 * train.frames[:, NOW]
    model = baselines.pca_kmeans(replace(train, frames=frames), clusters=2)
    said = model.predict(replace(train, frames=frames))
    assert len(set(zip(said.cluster, south, strict=True))) == 2
    for kind in (south, ~south):
        expected = train.scores.loc[kind, "csi"].mean()
        assert said.scores.loc[kind, "csi"].to_numpy() == pytest.approx(expected)
    shown = model.prototypes()[said.cluster[0]]
    assert shown[10:].mean() > 5 * shown[:10].mean()


def test_too_few_maps_are_refused(train):
    for name in NAMES:
        with pytest.raises(InputError) as caught:
            METHODS[name].fit(train.some(slice(0, 20)))
        assert caught.value.code == "rain_few_examples"


def test_the_archive_keeps_what_baselines_need(tmp_path: Path, train, new):
    late = replace(new, block=new.block + 1000)
    with pytest.raises(ValueError, match="other days"):
        archives.build_archive(train, new, tmp_path)
    card = archives.build_archive(train, late, tmp_path)
    kept = archives.archive("late", tmp_path)
    assert [row["n"] for row in card.data] == [len(kept.train), len(kept.calibration)] == [400, 120]
    part = kept.train
    assert part.features.to_numpy() == pytest.approx(train.features.to_numpy(), rel=1e-3, abs=1e-3)
    assert part.scores["csi"].to_numpy() == pytest.approx(train.scores["csi"].to_numpy(), abs=1e-3)
    assert (part.block == train.block).all()
    assert (part.regime == "showers").all()
    assert (archives.step_of(part.time) == np.arange(400) % 48).all()
    assert (np.delete(part.frames, NOW, axis=1) == UNTOLD).all()
    basis = PCA(baselines.COMPONENTS, svd_solver="full").fit(baselines.coarse(train))
    found, expected = (basis.transform(baselines.coarse(e)) for e in (part, train))
    assert found == pytest.approx(expected, abs=0.02)
    assert np.abs(expected).max() > 0.5
    with pytest.raises(Unavailable):
        archives.archive("early", tmp_path)


def test_the_committed_archives_are_ready_small_and_skilful():
    for run, name in archives.FILES.items():
        assert (archives.FOLDER / f"{name}.safetensors").stat().st_size < 600_000
        kept = archives.archive(run)
        assert not set(kept.train.block) & set(kept.calibration.block)
        assert kept.train.real_time == (run == "early")
    kept = archives.archive("late")
    truth = kept.calibration.scores
    said = archives.fitted("forest").predict(kept.calibration).scores
    assert r2(truth["csi"], said["csi"]) > 0.83
    assert r2(truth["cc_log"], said["cc_log"]) > 0.7
    trivial = archives.fitted("wet_fraction").predict(kept.calibration).scores
    assert r2(truth["csi"], trivial["csi"]) < 0.5

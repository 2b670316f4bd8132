"""The classical estimators against other implementations of the same papers, and against sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from scipy.linalg import eigh
from skimage.metrics import structural_similarity
from sklearn.cluster import KMeans
from sklearn.cross_decomposition import CCA
from sklearn.decomposition import PCA

from eogen.change import celik, context, fusion, gaussian, indices, irmad, siroc, ssim, windows
from eogen.change.methods import score
from eogen.change.problem import Problem, problem
from eogen.change.stack import stack
from tests.change_toys import images, pair_of


def asked(values: np.ndarray, names: tuple[str, ...], valid: np.ndarray | None = None, **about) -> Problem:
    return problem(stack(values, names, valid=valid, **about))


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    """5000 pixels of two dates, 3 bands, correlated."""
    rng = np.random.default_rng(2)
    mix = rng.normal(size=(6, 6))
    both = rng.normal(size=(5000, 6)) @ mix + rng.normal(size=6)
    return both[:, :3], both[:, 3:]


# --- Gaussian and t likelihoods ---


@pytest.mark.parametrize("freedom", [np.inf, 20.0, 3.0])
def test_the_joint_law_is_scipys(rows, freedom):
    one, two = rows
    law, b = gaussian.joint(one, two, freedom), 3

    def reference(x: np.ndarray, which: slice) -> np.ndarray:
        mean, covariance = law.mean[which], law.covariance[which, which]
        if np.isinf(freedom):
            return -scipy.stats.multivariate_normal(mean, covariance).logpdf(x)
        return -scipy.stats.multivariate_t(mean, covariance * (freedom - 2) / freedom, freedom).logpdf(x)

    both = np.c_[one, two]
    expected = reference(both, slice(None)) - reference(one, slice(0, b)) - reference(two, slice(b, None))
    np.testing.assert_allclose(-law.pmi(one, two), expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        law.nll(two, slice(b, None)), reference(two, slice(b, None)), rtol=0, atol=1e-5
    )


def test_the_mutual_information_of_a_linear_gaussian_world_is_its_formula():
    """x2 = a x1 + noise: PMI(x1, x2) = -log(1 - r²)/2 - (z1² + z2² - 2 r z1 z2)/2(1 - r²) + (z1² + z2²)/2."""
    rng, n = np.random.default_rng(4), 4000
    z = rng.normal(size=(n, 2))
    z -= z.mean(0)
    z = z @ np.linalg.inv(np.linalg.cholesky(z.T @ z / n)).T  # moments exactly 0 and 1: no sampling error
    r = 0.8
    one, two = 3 + 2 * z[:, :1], -1 + 5 * (r * z[:, :1] + np.sqrt(1 - r**2) * z[:, 1:])
    law = gaussian.joint(one, two, np.inf)
    exact = gaussian.Joint(np.array([3.0, -1.0]), np.array([[4.0, 10 * r], [10 * r, 25.0]]), np.inf)
    z1, z2 = (one[:, 0] - 3) / 2, (two[:, 0] + 1) / 5
    formula = (
        -np.log(1 - r**2) / 2 - (z1**2 + z2**2 - 2 * r * z1 * z2) / (2 * (1 - r**2)) + (z1**2 + z2**2) / 2
    )
    np.testing.assert_allclose(exact.pmi(one, two), formula, rtol=0, atol=1e-5)
    # fitted: the ridge of 1e-6 on the correlations is all that differs
    np.testing.assert_allclose(law.pmi(one, two), formula, rtol=0, atol=1e-3)


def test_with_context_the_law_is_scipys_too(rows):
    one, two = rows
    law, v = context.Law(one, two), context.FREEDOM

    def reference(x: np.ndarray, which: slice) -> np.ndarray:
        shape = law.covariance[which, which] * (v - 2) / v
        return -scipy.stats.multivariate_t(law.mean[which], shape, v).logpdf(x)

    given, alone = law.nll(one.T, two.T)
    expected = reference(np.c_[one, two], slice(None)) - reference(one, slice(0, 3))
    np.testing.assert_allclose(given, expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(alone, reference(two, slice(3, None)), rtol=0, atol=1e-5)


def test_context_forgives_a_shift_that_a_pixel_alone_does_not():
    """Texture moved by one pixel: given its neighbours, the pixel is as good as known."""
    rng = np.random.default_rng(0)
    texture = rng.normal(size=(1, 60, 61))
    values = 100 + 10 * np.stack([texture[..., 1:], texture[..., :-1]]) + rng.normal(size=(2, 1, 60, 60))
    question = asked(values, ("red",))
    alone = gaussian.conditional(question).nll[2:-2, 2:-2].mean()
    known = context.conditional(question).nll[2:-2, 2:-2].mean()
    # from a standard deviation of 10 to one of 1.4 (noise of both dates): log(10 / 1.4) = 2 nats
    assert known < alone - 1.5


# --- IR-MAD ---


def test_the_first_round_is_canonical_correlation_analysis(rows):
    one, two = rows
    law, _ = irmad.fit(one, two, rounds=1)
    u, v = CCA(n_components=3, scale=False, max_iter=5000, tol=1e-12).fit_transform(one, two)
    expected = [np.corrcoef(u[:, k], v[:, k])[0, 1] for k in range(3)]
    np.testing.assert_allclose(law.rho, expected, rtol=0, atol=1e-5)


def plain_irmad(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Nielsen's equations by the generalised eigenvalue problem S12 S22⁻¹ S21 a = rho² S11 a, without any safeguard."""
    b, weight, last = one.shape[1], np.ones(len(one)), np.zeros(one.shape[1])
    for _ in range(30):
        covariance = np.cov(np.c_[one, two], rowvar=False, aweights=weight, bias=True)
        s11, s12, s22 = covariance[:b, :b], covariance[:b, b:], covariance[b:, b:]
        squared, a = eigh(s12 @ np.linalg.solve(s22, s12.T), s11)
        rho = np.sqrt(squared)
        second = np.linalg.solve(s22, s12.T @ a) / rho
        mean1, mean2 = np.average(one, 0, weight), np.average(two, 0, weight)
        mad = (one - mean1) @ a - (two - mean2) @ second
        statistic = (mad**2 / (2 * (1 - rho))).sum(1)
        if np.abs(rho - last).max() < 1e-3:
            return statistic
        weight, last = scipy.stats.chi2.sf(statistic, b), rho
    return statistic


def test_ir_mad_is_nielsens(monkeypatch):
    monkeypatch.setattr(irmad, "RIDGE", 1e-12)  # the paper has none
    names = ("red", "green", "blue")
    question = asked(images(names), names)
    one, two = (d.reshape(3, -1).T.astype(float) for d in (question.before, question.after))
    answer = irmad.irmad(question)
    statistic = sum(answer.parts.values()).ravel()
    np.testing.assert_allclose(statistic, plain_irmad(one, two), rtol=1e-4)
    assert answer.facts["rounds"] > 2


@pytest.mark.parametrize("freedom", [1, 2, 3, 6, 13])
def test_the_tail_of_chi_squared_is_scipys_and_goes_on_where_scipys_ends(freedom):
    x = np.array([0, 0.01, 0.5, 3, 30, 300, 600.0])
    np.testing.assert_allclose(
        irmad.minus_log_survival(x, freedom), -scipy.stats.chi2.logsf(x, freedom), rtol=1e-9, atol=1e-12
    )
    # far out, -log Q = x/2 - (n/2 - 1) log(x/2) + log Gamma(n/2) up to (n - 2)/x
    far = np.array([1e5, 1e6])
    expected = far / 2 - (freedom / 2 - 1) * np.log(far / 2) + scipy.special.gammaln(freedom / 2)
    np.testing.assert_allclose(irmad.minus_log_survival(far, freedom), expected, rtol=0, atol=2e-4)


def test_without_change_the_p_values_of_ir_mad_are_uniform():
    rng = np.random.default_rng(1)
    base = rng.normal(size=(1, 3, 150, 150))
    values = 100 + 20 * base + rng.normal(0, 5, (2, 3, 150, 150))
    # one round: the reweighting trusts the middle more, on purpose
    one, two = (d.reshape(3, -1).T for d in values)
    law, _ = irmad.fit(one, two, rounds=1)
    p = np.exp(-irmad.minus_log_survival((law.variates(one, two) ** 2).sum(1), 3))
    assert scipy.stats.kstest(p, "uniform").statistic < 0.01


# --- PCA and two clusters ---


def test_celik_is_scikit_learns_pca_and_k_means():
    names = ("red", "green", "blue")
    answer = celik.celik(asked(images(names), names))
    question = asked(images(names), names)
    length = np.sqrt(((question.after - question.before).astype(float) ** 2).sum(0))
    whole = np.pad(length, 2, mode="edge")
    blocks = np.lib.stride_tricks.sliding_window_view(whole, (5, 5)).reshape(-1, 25)
    features = PCA(0.9, svd_solver="full").fit_transform(blocks)
    clusters = KMeans(2, n_init=10, random_state=0, tol=0).fit(features)
    brighter = np.argmax([length.ravel()[clusters.labels_ == k].mean() for k in (0, 1)])
    changed = clusters.labels_ == brighter
    np.testing.assert_array_equal(answer.parts["changed"].ravel() == 1, changed)
    far = clusters.transform(features)  # distances to both centres: their squares differ by 2 gap * score
    gap = np.linalg.norm(np.diff(clusters.cluster_centers_, axis=0))
    signed = np.where(changed, 1, -1) * np.abs(far[:, 0] ** 2 - far[:, 1] ** 2) / (2 * gap)
    np.testing.assert_allclose(answer.nll.ravel(), signed, rtol=0, atol=1e-3 * np.abs(signed).max())
    assert answer.facts["between_centres"] == pytest.approx(gap, rel=1e-3)


# --- structural dissimilarity ---


def test_ssim_is_scikit_images():
    rng = np.random.default_rng(3)
    one, two = 100 + 20 * rng.normal(size=(2, 40, 40))
    _, reference = structural_similarity(
        one, two, data_range=50.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    mine = ssim.dissimilarity(one, two, np.ones((40, 40), bool), 50.0)
    inside = np.s_[6:-6, 6:-6]  # at the edge one mirrors the image, the other uses what is there
    np.testing.assert_allclose(mine[inside], 1 - reference[inside], rtol=0, atol=1e-9)


def test_structure_that_is_turned_over_scores_two_and_a_band_is_a_part():
    rng = np.random.default_rng(3)
    texture = rng.normal(size=(1, 2, 40, 40)) * 20
    values = 100 + np.concatenate([texture, -texture])
    answer = ssim.ssim(asked(values, ("red", "green")))
    assert set(answer.parts) == {"red", "green", "luminance"}
    assert 1.7 < np.median(answer.nll) < 2


# --- indices, by hand ---


@pytest.mark.parametrize(
    ("function", "sensor", "before", "after", "expected"),
    [
        # MNDWI with green and short wave: (0.3 - 0.1) / 0.4 - (0.1 - 0.3) / 0.4
        ("water_gain", "sentinel2", {"B03": 0.1, "B08": 0.2, "B11": 0.3}, {"B03": 0.3, "B08": 0.2, "B11": 0.1}, 1.0),
        # NDWI where there is no short wave
        ("water_gain", "sentinel2", {"B03": 0.1, "B08": 0.3}, {"B03": 0.3, "B08": 0.3}, 0.5),
        # the false colour short wave, near, red
        ("water_gain", "unknown", {"swir": 90, "nir": 90, "red": 30}, {"swir": 20, "nir": 20, "red": 60}, 1.0),
        # NBR with the longer short wave: 0.6 - (-0.2)
        ("burn", "sentinel2", {"B8A": 0.4, "B11": 0.9, "B12": 0.1}, {"B8A": 0.2, "B11": 0.9, "B12": 0.3}, 0.8),
        ("burn", "landsat_tm", {"B4": 40, "B5": 60}, {"B4": 20, "B5": 80}, 0.4),
        # NDVI: 0.8 - 0.2
        ("vegetation_loss", "landsat_tm", {"B3": 10, "B4": 90}, {"B3": 40, "B4": 60}, 0.6),
        ("vegetation_loss", "unknown", {"red": 0, "nir": 0}, {"red": 40, "nir": 60}, 0.2 * -1),
        # negative reflectance stays within bounds: NDVI 1 before, 1 after
        ("vegetation_loss", "unknown", {"red": -0.1, "nir": 0.5}, {"red": 0.0, "nir": 0.5}, 0.0),
        # powers: 10 log10(0.1 / 0.01) = 10 dB in vv, 3.01 dB in vh
        ("backscatter_drop", "sentinel1", {"vv": 0.1, "vh": 0.02}, {"vv": 0.01, "vh": 0.01}, 6.5051),
        ("backscatter_drop", "sentinel1", {"vv": -8.5}, {"vv": -18.0}, 9.5),
        ("backscatter_drop", "unknown", {"vv": 120}, {"vv": 70}, 50),
    ],
)  # fmt: skip
def test_indices_by_hand(function, sensor, before, after, expected):
    flat = np.array([list(before.values()), list(after.values())], float)[..., None, None]
    question = asked(np.broadcast_to(flat, (*flat.shape[:2], 4, 4)), tuple(before), sensor=sensor)
    np.testing.assert_allclose(getattr(indices, function)(question).nll, expected, rtol=0, atol=2e-3)


# --- rings, windows, ranks ---


def test_a_ring_is_a_square_without_its_middle():
    values = np.random.default_rng(0).normal(size=(30, 25))
    mine = windows.Sums(values, 9).ring(2, 6)
    expected = sum(
        values[r, c] for r in range(12 - 6, 12 + 7) for c in range(10 - 6, 10 + 7)
        if max(abs(r - 12), abs(c - 10)) > 2
    )  # fmt: skip
    assert mine[12, 10] == pytest.approx(expected)
    corner = values[:7, :7].sum() - values[:3, :3].sum()
    assert mine[0, 0] == pytest.approx(corner)


def test_rings_take_away_a_change_of_light_that_varies_over_the_scene():
    rng = np.random.default_rng(6)
    one = rng.normal(100, 20, (1, 80, 80))
    two = one * np.linspace(0.7, 1.3, 80) + np.linspace(-30, 30, 80)[:, None]
    question = problem(stack(np.stack([one, two]), ("red",)), "zscore")
    left, whole = siroc.siroc(question).nll.mean(), np.abs(question.after - question.before).mean()
    assert left < 0.35 * whole


def test_fishers_mean_of_minus_log_p_by_hand():
    values = np.array([[3.0, 1.0], [2.0, np.nan]])
    valid = np.isfinite(values)
    expected = [[-np.log(1 / 4), -np.log(3 / 4)], [-np.log(2 / 4), np.nan]]
    np.testing.assert_allclose(fusion.rarity(values, valid), expected, rtol=1e-6)
    tied = fusion.rarity(np.zeros((1, 3)), np.ones((1, 3), bool))
    np.testing.assert_allclose(tied, np.log(2), rtol=1e-6)


def test_the_fusion_is_the_mean_over_the_members_own_maps():
    given = pair_of("fusion")
    made = score(given, "fusion")
    maps = [score(given, name).nll.values for name in fusion.MEMBERS]
    expected = np.mean([fusion.rarity(m, np.ones(m.shape, bool)) for m in maps], axis=0)
    np.testing.assert_allclose(made.nll, expected, rtol=1e-5)
    assert list(made.part.values) == list(fusion.MEMBERS)
    assert made.attrs["members"] == ", ".join(fusion.MEMBERS)


def test_a_law_is_fitted_on_pixels_spread_evenly():
    valid = np.ones((100, 128), bool)
    some = windows.thinned(valid, 4000)
    assert 2000 <= len(some) <= 4000
    assert len(np.unique(some % 128)) == 128, "some columns are never seen"
    assert len(windows.thinned(valid, 20_000)) == valid.size


def test_neighbours_of_the_edge_and_of_what_is_missing_are_the_nearest_there_is():
    values, valid = np.arange(12.0).reshape(1, 3, 4), np.ones((3, 4), bool)
    np.testing.assert_array_equal(windows.patches(values, valid, 1)[:, 1, 1], [0, 1, 2, 4, 5, 6, 8, 9, 10])
    np.testing.assert_array_equal(windows.patches(values, valid, 1)[:, 0, 0], [0, 0, 1, 0, 0, 1, 4, 4, 5])
    valid[1, 1] = False
    values[0, 1, 1] = 1e9
    assert windows.patches(values, valid, 1).max() == 11

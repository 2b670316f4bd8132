"""What the results panel and the README say was measured on the weights that are committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from eogen.canopy import models as canopy
from eogen.canopy.methods import FAMILIES
from eogen.change import models as change
from eogen.landcover import models
from eogen.landcover.series import kept
from eogen.nn import weights
from eogen.nn.weights import Card
from eogen.ocean import models as ocean
from eogen.rain import models as rain
from eogen.rain.archive import FILES as ARCHIVES
from eogen.rain.archive import archive
from eogen.results import Report
from tests.real import REPOSITORY

#: The French parcels of the shared data.
PARCELS = "worldcereal/dekad_2023_FRA_LPIS_POLY_110"
FILES = sorted((REPOSITORY / "assets" / "results").glob("*.json"))


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def report(request: pytest.FixtureRequest) -> Report:
    return Report.from_json(request.param.read_text("utf-8"))


def test_there_are_results() -> None:
    assert [file.stem for file in FILES] == [
        "canopy",
        "change",
        "landcover",
        "landcover_series",
        "ocean",
        "rain",
    ]


def cards(room: str) -> dict[str, Card]:
    """The committed weights, each loaded strictly where a network is needed for it."""
    if room == "landcover":
        return {name: weights.read_card(row.path) for name, row in models.MODELS.items() if models.load(name)}
    if room == "landcover_series":
        found = {f"series_{s}_{m}": kept.path_of(s, m) for s in kept.SETS for m in kept.offered(s)}
        found[f"series_territory_{kept.UNET}"] = kept.path_of("territory", kept.UNET)
        return {name: weights.read_card(path) for name, path in found.items()}
    if room == "canopy":
        return {name: canopy.load(name)[1] for name in FAMILIES}
    if room == "rain":
        archives = {file: archive(run).card for run, file in ARCHIVES.items()}
        return {name: rain.load(name)[1] for name in rain.MODELS} | archives
    rows = {"ocean": ocean, "change": change}[room]
    return {name: rows.load(name)[1] for name in rows.MODELS}


def test_results_belong_to_the_committed_weights(report: Report) -> None:
    """Results name the weights that were measured: the committed file, or the float32 one that it was rounded from."""
    found = cards(report.room)
    assert report.weights.keys() == found.keys()
    for name, card in found.items():
        assert report.weights[name] in {card.sha256, card.before} - {""}, name


def test_a_target_met_or_missed_is_said_as_it_is(report: Report) -> None:
    for figure in report.figures:
        if figure.target is not None and figure.value is not None:
            better = (
                figure.value >= figure.target if figure.better == "higher" else figure.value <= figure.target
            )
            assert figure.reached == better, figure


def test_the_readme_says_what_was_measured(report: Report) -> None:
    text = Path(REPOSITORY / "README.md").read_text("utf-8").replace("−", "-")
    found = {(f.name, f.method, f.dataset): f for f in report.figures}
    for name, method, dataset, digits in SAID[report.room]:
        assert f"{found[name, method, dataset].value:.{digits}f}" in text, (name, method)


SAID = {
    "landcover": (
        ("accuracy", "rgb_cnn", "EuroSAT RGB", 4),
        ("ece", "rgb_cnn", "EuroSAT RGB", 4),
        ("folds_accuracy", "index_network", "EuroSAT 13 bands", 3),
        ("folds_accuracy", "ms_cnn", "EuroSAT 13 bands", 3),
        ("srg", "rgb_cnn/gradient_shap", "eurosat", 2),
        ("srg", "ms_cnn/gradient_shap", "eurosat", 2),
        ("srg_evidence_space", "index_network/exact_evidence", "eurosat", 2),
    ),
    "landcover_series": (
        *(
            (name, method, f"{PARCELS}, {kind}", 3)
            for kind in ("by group", "parcels alone")
            for name in ("accuracy", "macro_f1")
            for method in ("random_forest", "tempcnn", "ltae", "channel_attention", "shapelets")
        ),
        *(
            ("srg", f"{method}/{explanation}", PARCELS, 2)
            for method in ("tempcnn", "ltae", "channel_attention")
            for explanation in ("random", "integrated_gradients", "month_shapley", "occlusion")
        ),
        ("srg", "ltae/attention", PARCELS, 2),
        ("srg", "channel_attention/attention", PARCELS, 2),
        ("best_srg", "best", PARCELS, 2),
        *(("hit_month", f"tempcnn/{explanation}", "twins", 2) for explanation in ("month_shapley", "season")),
        ("accuracy", "tempcnn", "territory", 3),
        ("rmse", "edit", "territory, harvest a month later", 3),
    ),
    "ocean": tuple(
        (name, method, "nep_2021_daily_modis_viirs, 8-day", 3)
        for name in ("rmse", "mae", "crps")
        for method in ("nearest", "dineof", "oi", "unet", "hybrid")
    ),
    "change": tuple(
        (name, method, dataset, 3)
        for method, dataset in (
            ("gaussian_pmi", "OSCD_pairRGB8"),
            ("consensus", "OSCD_pairRGB8"),
            ("texture_blocks", "SZTAKI"),
            ("texture_blocks", "LEVIR-CD_1024"),
            ("spectral_angle", "OMBRIA_S2"),
        )
        for name in ("ap", "best_f1", "auroc")
    ),
    "rain": (
        *(
            (f"{part}/{score}", learner, "imerg_sbrazil_202311, day left out", 2)
            for learner in ("wet_fraction", "stations_process", "places", "stacked")
            for part in ("r2", "spearman")
            for score in ("csi", "hss", "cc_log", "rmse_log")
        ),
        *(
            (f"r2/{score}", "ceiling", "imerg_sbrazil_202311", 2)
            for score in ("csi", "hss", "cc_log", "rmse_log")
        ),
        *(
            (f"{part}/{score}", method, "simulated, late", 2)
            for method in ("wet_fraction", "forest", "desom_aware")
            for part in ("r2", "spearman")
            for score in ("csi", "cc_log")
        ),
        *(
            (f"cluster_r2/{score}", method, "simulated, late", 2)
            for method in ("pca_kmeans", "desom_aware")
            for score in ("csi", "cc_log")
        ),
        *(
            (score, "imerg", "imerg_sbrazil_202311, 1 h, 0.2 mm", 2)
            for score in ("cc", "pod", "far", "csi", "hss")
        ),
    ),
    "canopy": (
        ("nll", "flow", "simulated", 2),
        ("nll", "independent", "simulated", 2),
        ("nats_below_independent", "flow", "simulated", 2),
        ("posterior_predictive_rmse", "flow", "simulated", 4),
        ("width_90/ccc", "flow", "simulated", 0),
        ("sbc_ks_worst", "flow", "simulated", 4),
        ("reference_seconds", "reference", "simulated", 1),
        ("rmse", "field", "CESBIO", 2),
        ("rmse", "sl2p", "CESBIO", 2),
        ("rmse", "field", "ETH", 2),
        ("rmse", "sl2p", "ETH", 2),
        ("ccc_rmse", "field", "ETH chlorophyll", 2),
    ),
}

"""A small report with the names that ``evaluate canopy`` writes, made up: for tests of what shows it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eogen.canopy.space import DERIVED, INFERRED
from eogen.results import Figure, Report

#: family -> (nats, misfit, worst KS)
FAMILIES = {"flow": (-9.3, 0.0146, 0.031), "independent": (-5.7, 0.079, 0.073), "copula": (-6.9, 0.041, 0.06)}


def made_up() -> Report:
    random = np.random.default_rng(0)
    report = Report(
        "canopy",
        machine={"processor": "made-up processor", "date": "2026-01-02"},
        code_version="test",
        seconds=61.0,
    )
    add = report.figures.append
    for name, (nats, misfit, worst) in FAMILIES.items():
        add(Figure("nll", name, "simulated", nats, nats - 0.03, nats + 0.03, 10_000, "nat", better="lower"))
        target = {"target": 0.0145} if name == "flow" else {}
        add(Figure("posterior_predictive_rmse", name, "simulated", misfit, misfit * 0.99, misfit * 1.01, 2000,
                   "reflectance", better="lower", **target))  # fmt: skip
        add(Figure("sbc_ks_worst", name, "simulated", worst, None, None, 2000, better="lower"))
        add(Figure("tarp_deviation", name, "simulated", worst / 2, None, None, 2000, better="lower"))
        for i, variable in enumerate((*INFERRED, *DERIVED)):
            cover = 0.9 + 0.01 * np.sin(i) + (0.05 if variable in DERIVED and name != "flow" else 0)
            add(
                Figure(
                    f"coverage_90/{variable}",
                    name,
                    "simulated",
                    cover,
                    cover - 0.013,
                    cover + 0.013,
                    2000,
                    better=None,
                )
            )
            width = (1.0 if name == "flow" else 1.1) * (150 if variable == "ccc" else 1 + i)
            add(
                Figure(
                    f"width_90/{variable}", name, "simulated", width, None, None, 2000, "1", better="lower"
                )
            )
        counts = {v: np.bincount(random.integers(0, 20, 2000), minlength=20) for v in INFERRED}
        report.tables[f"sbc: {name}"] = pd.DataFrame(counts, pd.Index(range(1, 21), name="bin"))
        levels = np.linspace(0, 1, 21)
        shares = levels + worst * np.sin(np.pi * levels)
        report.tables[f"tarp: {name}"] = pd.DataFrame({"coverage": shares}, pd.Index(levels, name="level"))
    add(Figure("nats_below_independent", "flow", "simulated", 3.6, 3.56, 3.64, 10_000, "nat", target=3.7))
    add(
        Figure(
            "width_90/ccc", "flow", "simulated, prior atbd", None, None, None, 0, better="lower", note="none"
        )
    )
    for where in ("CESBIO", "CESBIO: France 2017 (PAIeff)", "ETH"):
        for name, error in (("field", 0.98), ("sl2p", 1.05)):
            target = {"target": 1.05} if (name, where) == ("field", "CESBIO") else {}
            add(
                Figure(
                    "rmse",
                    name,
                    where,
                    error,
                    error - 0.1,
                    error + 0.1,
                    200,
                    "m2/m2",
                    better="lower",
                    **target,
                )
            )
            add(Figure("bias", name, where, -0.1, -0.2, 0.0, 200, "m2/m2", better=None))
            add(Figure("r2", name, where, 0.55, 0.4, 0.7, 200))
            add(Figure("r2_determination", name, where, -0.2, -0.4, 0.1, 200))
        add(Figure("coverage_95", "field", where, 0.93, 0.9, 0.96, 200, better=None))
        add(Figure("width_95", "field", where, 3.8, None, None, 200, "m2/m2", better="lower"))
    add(
        Figure(
            "width_95", "field", "all field points", 3.8, None, None, 400, "m2/m2", target=4.0, better="lower"
        )
    )
    add(
        Figure("ccc_rmse", "field", "ETH chlorophyll", 0.5, 0.4, 0.6, 59, "g/m2", target=0.55, better="lower")
    )
    add(Figure("cab_r2", "field", "ETH chlorophyll", 0.08, 0.0, 0.2, 55))
    report.absent.append(
        "The weights of vae are not on this machine; make them with: python -m eogen train canopy vae"
    )
    return report

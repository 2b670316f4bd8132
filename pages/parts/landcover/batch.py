"""Many images at once: a table of answers with the trust of each explanation, to take away as CSV."""

from __future__ import annotations

import hashlib

import pandas as pd
import streamlit as st

from eogen.errors import InputError
from eogen.landcover import read
from eogen.landcover.classifier import Classifier
from pages.kit import export, progress
from pages.kit.errors import sentence
from pages.kit.send import to_validation
from pages.kit.words import Words
from pages.parts.landcover import compute
from pages.parts.landcover.upload import PATCH, TYPES

MOST = 200


def show(t: Words, model: Classifier, method: str) -> None:
    """Draw the batch: drop a folder or files, get one row each; files that cannot be used say why in their row."""
    st.markdown(t("landcover.batch.lead", model=t(f"models.{model.name}.name"), most=MOST))
    given = st.file_uploader(
        t("landcover.batch.label"), TYPES, accept_multiple_files=True, key="batch", max_upload_size=50
    )
    if not given:
        return
    files = [(f.name, f.getvalue()) for f in given[:MOST]]
    content = hashlib.sha256(b"".join(hashlib.sha256(data).digest() for _, data in files)).hexdigest()

    def work(report: progress.Progress) -> list[dict[str, object]]:
        rows = []
        for done, (name, data) in enumerate(files):
            report(done, len(files), "images")
            rows.append(_row(t, model, method, name, data))
        return rows

    key = f"batch_{content[:12]}_{model.name}_{method}"
    kept = st.session_state.setdefault("batch_rows", {})
    if key not in kept:
        rows = progress.run(t("landcover.batch.working"), work, t, key=key)
        if rows is None:
            return
        kept.clear()
        kept[key] = rows
    table = pd.DataFrame(kept[key])
    st.dataframe(table, hide_index=True, width="stretch", alt=t("landcover.batch.alt"))
    export.bar([export.table("eogen-landcover-batch", lambda: table)], t, key="batch", address=False)
    # The visitor's own files stay with the visitor: what is judged is the network, on labelled images.
    to_validation(t, "labels", landcover_model=model.name)


def _row(t: Words, model: Classifier, method: str, name: str, data: bytes) -> dict[str, object]:
    try:
        image = read.read_upload(data, name)
        if (image.sizes["y"], image.sizes["x"]) != (PATCH, PATCH):
            grid = read.tile_grid(image, PATCH)
            image = read.tile(image, *grid[len(grid) // 2], PATCH)
        prediction = compute.predict(model, image)
        answer, probability = compute.top(prediction)
        evidence = compute.explain(model, image, answer, method)
        scores, verdict = compute.trust(model, image, evidence, repeats=2)
    except InputError as error:
        return {"file": name, "problem": sentence(error, t)}
    return {
        "file": name,
        "class": answer,
        "probability": round(probability, 4),
        "method": method,
        "srg": round(float(scores.srg.sel(order="evidence")), 4),
        "srg_random": round(float(scores.srg.sel(order="random")), 4),
        "trust": verdict.code,
        "problem": "",
    }

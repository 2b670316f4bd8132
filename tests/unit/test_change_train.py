"""Training the networks of the room: weights that load, stored as the committed ones are, the same bits again."""

from __future__ import annotations

from pathlib import Path

import pytest

from eogen.change import models, train
from eogen.change.simulate import simulate
from eogen.errors import Unavailable
from eogen.nn import weights
from eogen.nn.fit import Settings


@pytest.mark.parametrize("name", models.MODELS)
def test_training_writes_the_form_that_is_committed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting, value in {"STEPS": 1, "BATCH": 2, "SIMULATED": 1}.items():
        monkeypatch.setattr(train, setting, value)
    monkeypatch.setattr(train, "SETTINGS", {name: Settings(epochs=1, ema=None)})
    row = {"name": "stand-in", "licence": "none", "sha256": "0" * 64, "n": 1}
    real = train._pair(simulate("flood", seed=30, size=64))
    monkeypatch.setattr(train, "_read", lambda folders, progress: ([[real]], [dict(row)]))
    cards = [train.train(name, tmp_path, tmp_path / str(k), seed=k // 2) for k in range(3)]
    assert sorted(f.name for f in (tmp_path / "0").iterdir()) == [f"{name}.json", f"{name}.safetensors"]
    assert cards[0].sha256 == cards[1].sha256 != cards[2].sha256
    network = models.build(name)
    card = weights.load(network, tmp_path / "0" / f"{name}.safetensors")
    assert card.stored == models.load(name)[1].stored == weights.HALF
    assert card.parameters == weights.count(network)


def test_training_without_data_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        train.train("conditional", tmp_path, tmp_path)
    assert caught.value.code == "change_no_training"

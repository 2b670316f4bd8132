"""Weights remember what they were fitted on."""

from __future__ import annotations

import pytest

from eogen.landcover import archives, models
from tests.real import real_data


def test_an_unknown_file_was_never_seen():
    for name in models.MODELS:
        assert not models.seen(name, "0123456789abcdef" * 4)


@pytest.mark.parametrize("name", ["ms_cnn", "index_network"])
def test_thirteen_band_networks_saw_the_shared_patches(name):
    patches = archives.eurosat_ms(real_data("landcover"))
    assert all(models.seen(name, patch.sha256) for patch in patches[:5])


def test_the_colour_network_never_saw_a_patch_that_exists_with_13_bands():
    root = real_data("landcover")
    doubles = {patch.name for patch in archives.eurosat_ms(root)}
    pictures = [picture for picture in archives.eurosat_rgb(root) if picture.name in doubles]
    assert len(pictures) > 20
    assert not any(models.seen("rgb_cnn", picture.sha256) for picture in pictures)

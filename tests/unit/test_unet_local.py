"""A local U-Net answers from a finite neighbourhood: what tiles of an image rest on."""

from __future__ import annotations

import pytest
import torch

from eogen.nn.unet import UNet


@pytest.fixture(params=[(8, 16), (8, 16, 24)], ids=["two scales", "three scales"])
def network(request):
    torch.manual_seed(0)
    made = UNet(2, 2, request.param, timed=True, local=True).eval()
    torch.nn.init.normal_(made.last.weight)
    return made


def ask(network, x):
    with torch.inference_mode():
        return network(x, torch.full((len(x),), 0.3))


def test_nothing_beyond_its_reach_is_heard(network):
    side = 2 * network.reach + 32
    x = torch.randn(1, 2, side, side)
    moved = x.clone()
    middle = side // 2
    moved[..., middle, middle] += 3
    heard = ((ask(network, x) - ask(network, moved)).abs().amax((0, 1)) > 1e-6).nonzero()
    assert len(heard) > 9, "a pixel alone is no neighbourhood"
    assert (heard - middle).abs().max() <= network.reach


def test_a_window_with_its_margin_gives_what_the_whole_image_gives(network):
    reach, step = network.reach, network.step
    side = 4 * reach
    x = torch.randn(1, 2, side, side)
    first = reach // 2 // step * step  # a window begins on the coarsest grid, inside the image
    window = ask(network, x[..., first:-first, first:-first])[..., reach:-reach, reach:-reach]
    whole = ask(network, x)[..., first + reach : side - first - reach, first + reach : side - first - reach]
    assert min(window.shape[-2:]) >= step
    assert torch.allclose(window, whole, atol=1e-5)


def test_another_norm_hears_the_whole_image():
    torch.manual_seed(0)
    made = UNet(2, 2, (8, 16), local=False).eval()
    torch.nn.init.normal_(made.last.weight)
    x = torch.randn(1, 2, 96, 96)
    moved = x.clone()
    moved[..., :8, :8] += 30
    with torch.inference_mode():
        assert (made(x) - made(moved))[..., -8:, -8:].abs().max() > 1e-3

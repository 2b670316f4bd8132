"""The pairs of the public's game: repeatable, several kinds, apart from each other, on the ground they belong to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from eogen.change import thumbnail
from eogen.change.seven import DIFFERENCES, seven


@pytest.fixture(scope="module", params=[0, 1])
def made(request):
    return seven(request.param, 144)


def test_there_are_seven_numbered_differences_of_several_kinds(made):
    kinds = made.attrs["kinds"].split(",")
    number = made.difference.values
    assert len(kinds) == 7
    assert set(kinds) <= set(DIFFERENCES)
    assert len(set(kinds)) >= 5
    assert set(np.unique(number)) == set(range(8))
    assert made.attrs["kind"] == "simulated"


def test_differences_do_not_touch(made):
    number = made.difference.values
    for k in range(1, 8):
        around = binary_dilation(number == k, np.ones((3, 3), bool), iterations=4)
        assert set(np.unique(number[around])) <= {0, k}


def test_the_label_is_where_the_differences_are(made):
    assert (((made.label.values == 1) ^ (made.difference.values > 0)).mean()) < 0.005


def test_equal_seeds_give_equal_bits_and_others_another_place():
    assert seven(4, 96).identical(seven(4, 96))
    assert not np.array_equal(seven(4, 96).values, seven(5, 96).values)


def test_what_is_planted_differs_more_than_what_is_not(made):
    away = np.abs(made.values[1] - made.values[0]).mean(0)
    inside = made.difference.values > 0
    assert np.median(away[inside]) > 2 * np.median(away[~inside])


def test_the_door_has_a_picture():
    pixels = thumbnail.draw()
    assert pixels.shape == (512, 512, 3)
    assert pixels.dtype == np.uint8
    assert pixels.std() > 20
    assert thumbnail.key()

"""The form of a slice depends on the head in it, not on its frame or grey scale."""

import cv2
import numpy as np
import pytest

from braintumor.data.foreground import Box, find_foreground
from braintumor.data.standardize import Standardization, standardize_slice


def head(across=90, down=120):
    """An ellipse of tissue with a bright lesion, on nothing, tightly framed."""
    canvas = np.zeros((down, across), np.uint8)
    centre = (across // 2, down // 2)
    cv2.ellipse(canvas, centre, (across // 2, down // 2), 0, 0, 360, 110, -1)
    cv2.ellipse(canvas, centre, (across // 2, down // 2), 0, 0, 360, 180, 4)
    cv2.circle(canvas, (across // 3, down // 3), 10, 220, -1)
    return canvas


def framed(grey, top, bottom, left, right, level=0):
    return cv2.copyMakeBorder(
        grey, top, bottom, left, right, cv2.BORDER_CONSTANT, value=level
    )


@pytest.mark.parametrize("margins", [(0, 0, 0, 0), (30, 30, 30, 30), (5, 40, 60, 10)])
def test_the_box_is_the_head_whatever_the_margin(margins):
    box = find_foreground(framed(head(), *margins))
    top, _, left, _ = margins
    wanted = (top, top + 120, left, left + 90)
    assert np.abs(np.subtract(box, wanted)).max() <= 3


def test_the_box_ignores_brightness_and_contrast():
    grey = framed(head(), 20, 20, 30, 30)
    shifted = (grey * 0.4 + 60).astype(np.uint8)
    assert find_foreground(shifted) == find_foreground(grey)


def test_print_beside_the_head_is_no_head():
    grey = framed(head(), 60, 60, 60, 60)
    bare = find_foreground(grey)
    cv2.putText(grey, "R 12", (4, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1)
    grey[:, 2] = 255  # a ruler along the edge
    assert np.abs(np.subtract(find_foreground(grey), bare)).max() <= 2


@pytest.mark.parametrize("level", [0, 120])
def test_where_nothing_stands_out_all_is_kept(level):
    assert find_foreground(np.full((40, 60), level, np.uint8)) == Box(0, 40, 0, 60)
    speck = np.full((200, 200), level, np.uint8)
    speck[90:110, 90:110] = 255
    assert find_foreground(speck) == Box(0, 200, 0, 200)


def test_large_slices_are_found_at_their_own_scale():
    grey = cv2.resize(framed(head(), 20, 20, 30, 30), (900, 960))
    wanted = np.multiply((20, 140, 30, 120), 6)
    assert np.abs(np.subtract(find_foreground(grey), wanted)).max() <= 18


def test_a_brighter_or_flatter_scan_becomes_the_same_slice():
    grey = framed(head(), 20, 20, 30, 30)
    plain = standardize_slice(grey, Standardization())
    for gain, offset in ((0.5, 0), (0.4, 70), (0.9, 20)):
        other = np.rint(grey * gain + offset).astype(np.uint8)
        changed = standardize_slice(other, Standardization()).astype(int)
        assert np.abs(changed - plain).max() <= 4  # rounding to whole levels, twice
    untouched = standardize_slice(other, Standardization(clip=None)).astype(int)
    assert np.abs(untouched - plain).max() > 20


def test_the_outer_percent_is_cut_off():
    ramp = np.arange(200, dtype=np.uint8)[None].repeat(10, axis=0)
    ramp[0, 0] = 255
    form = standardize_slice(ramp, Standardization(crop=False, clip=5))
    assert form.min() == 0 and form.max() == 255
    assert (form == 0).mean() == pytest.approx(0.05, abs=0.01)
    assert not standardize_slice(
        np.full((20, 20), 9, np.uint8), Standardization()
    ).any()


def test_the_frame_stays_where_no_crop_is_asked_for():
    grey = framed(head(), 20, 20, 30, 30)
    assert standardize_slice(grey, Standardization(crop=False)).shape == grey.shape
    assert standardize_slice(grey, Standardization()).shape != grey.shape

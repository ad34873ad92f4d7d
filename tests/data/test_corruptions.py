"""Corruptions: the same every time, worse at each step, and true to their physics.

Each check is a function of the code it checks, and is run on a planted fault, too.
"""

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from braintumor.data import corruptions, images, kspace, severities
from braintumor.data.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from braintumor.data.kspace import Pose

NAMES = list(CORRUPTIONS)
DRAWN = [
    n for n in NAMES if n not in ("gibbs_ringing", "blur", "low_resolution", "jpeg")
]


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    """The slices that set the ladder, of the size of real ones."""
    folder = tmp_path_factory.mktemp("ladder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(severities.paths, "cache_root", lambda: folder)
        return severities.load_phantoms()


@pytest.fixture(scope="module")
def slices(phantoms):
    return phantoms[::13]


@pytest.fixture(scope="module")
def grey(slices):
    return slices[0]


def damage(name, grey, severity, seed=7, slice_id="a"):
    return corrupt(grey, name, severity, seed=seed, slice_id=slice_id)


def check_repeatable(apply, grey):
    """The same key gives the same slice, another slice or seed another accident."""
    first = apply(grey, 3)
    assert first.shape == grey.shape and first.dtype == np.uint8
    assert np.array_equal(first, apply(grey, 3))
    assert np.array_equal(grey, apply(grey, 0)) and apply(grey, 0) is not grey


def check_growth(apply, grey):
    """Every severity moves the pixels further than the one before."""
    moved = [cv2.absdiff(grey, apply(grey, severity)).mean() for severity in range(6)]
    assert moved[0] == 0 and np.all(np.diff(moved) > 0), moved


@pytest.mark.parametrize("name", NAMES)
def test_a_corruption_is_the_same_every_time(name, grey):
    before = grey.copy()
    check_repeatable(lambda values, severity: damage(name, values, severity), grey)
    assert np.array_equal(grey, before)


@pytest.mark.parametrize("name", NAMES)
def test_a_corruption_keeps_any_shape(name, grey):
    oblong = np.ascontiguousarray(grey[:, :81])
    assert damage(name, oblong, 5).shape == oblong.shape


@pytest.mark.parametrize("name", NAMES)
def test_a_corruption_grows_with_its_severity(name, slices):
    for grey in slices:
        check_growth(lambda values, severity: damage(name, values, severity), grey)


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_depends_on_seed_and_slice(name, grey):
    seen = {damage(name, grey, 5, seed, f"{i}").tobytes() for seed, i in DRAWS}
    assert len(seen) > 1  # some draw two ways only, say brighter or darker


DRAWS = [(seed, number) for seed in (1, 2) for number in range(6)]


def test_planted_faults_of_order_are_seen(grey):
    random = np.random.default_rng(0)

    def forgetful(values, severity):
        noise = random.integers(0, 10 * severity + 1, values.shape)
        return np.clip(values + noise, 0, 255).astype(np.uint8)

    with pytest.raises(AssertionError):
        check_repeatable(forgetful, grey)
    with pytest.raises(AssertionError):  # the second severity is not worse
        check_growth(
            lambda values, i: damage("blur", values, (0, 1, 1, 3, 4, 5)[i]), grey
        )
    with pytest.raises(AssertionError):  # nothing is not nothing
        check_repeatable(lambda values, i: damage("blur", values, max(1, i)), grey)


@pytest.mark.parametrize(
    ("name", "severity", "grey", "complaint"),
    [
        ("rust", 1, np.zeros((8, 8), np.uint8), "unknown: use bias_field"),
        ("blur", 6, np.zeros((8, 8), np.uint8), "give 0 to 5"),
        ("blur", -1, np.zeros((8, 8), np.uint8), "give 0 to 5"),
        ("blur", 1, np.zeros((8, 8), np.float32), "decode_slice"),
        ("blur", 1, np.zeros((8, 8, 3), np.uint8), "decode_slice"),
    ],
)
def test_what_cannot_be_corrupted_is_refused(name, severity, grey, complaint):
    with pytest.raises(ValueError, match=complaint):
        damage(name, grey, severity)


def check_rician(add):
    """Air has Rayleigh noise; far above the noise it is nearly Gaussian."""
    noise = np.random.default_rng(1).normal(size=(2, 300, 300))
    air = add(np.zeros((300, 300)), deviation=20.0, noise=noise)
    assert air.mean() == pytest.approx(20 * np.sqrt(np.pi / 2), rel=0.01)
    assert air.std() == pytest.approx(20 * np.sqrt(2 - np.pi / 2), rel=0.01)
    tissue = add(np.full((300, 300), 1000.0), deviation=20.0, noise=noise)
    assert tissue.std() == pytest.approx(20, rel=0.01)


def test_noise_is_rician():
    check_rician(kspace.add_receiver_noise)
    with pytest.raises(AssertionError):  # noise in one channel only
        check_rician(
            lambda values, deviation, noise: abs(values + deviation * noise[0])
        )


def test_the_background_of_a_noisy_slice_is_rayleigh():
    air = corruptions.distort(
        np.zeros((300, 300), np.uint8), "rician_noise", 20, seed=7, slice_id="a"
    )
    assert air.mean() == pytest.approx(20 * np.sqrt(np.pi / 2), rel=0.01)


def check_truncation(truncate, grey, kept=0.5):
    """Outside the box k-space is empty, inside it is untouched."""
    before, after = (np.fft.fft2(v) for v in (grey, truncate(grey, kept=kept)))
    sides = [np.abs(np.fft.fftfreq(n)) <= kept / 2 for n in grey.shape]
    inside = np.logical_and.outer(*sides)
    assert np.abs(after[~inside]).max() < 1e-6
    assert np.allclose(after[inside], before[inside])


def test_truncation_empties_k_space_outside_and_nothing_else(grey):
    values = grey.astype(float)
    check_truncation(kspace.truncate_kspace, values)
    assert np.allclose(kspace.truncate_kspace(values, kept=1.0), values)
    with pytest.raises(AssertionError):  # a blur also takes from inside
        check_truncation(lambda v, kept: ndimage.gaussian_filter(v, 1 / kept), values)
    with pytest.raises(AssertionError):  # cut along one direction only
        check_truncation(lambda v, kept: truncate_rows(v, kept), values)


def truncate_rows(values, kept):
    spectrum = np.fft.fft(values, axis=0)
    spectrum[np.abs(np.fft.fftfreq(len(values))) > kept / 2] = 0
    return np.fft.ifft(spectrum, axis=0).real


def test_a_truncated_edge_overshoots_by_gibbs_share():
    edge = np.zeros((256, 256))
    edge[:, 64:192] = 100
    assert kspace.truncate_kspace(edge, kept=0.2).max() == pytest.approx(109, abs=1)


def check_ghosts(modulate):
    """A bright row has two ghosts, at the period, of half the strength, no others."""
    values = np.zeros((96, 40))
    values[50] = 200
    ghosts = modulate(values, strength=0.4, shift=20, phase=0.7)
    expected = values.copy()
    expected[[30, 70]] = 0.2 * 200
    assert np.allclose(ghosts, expected)


def test_ghosts_appear_at_the_period():
    check_ghosts(kspace.modulate_lines)
    with pytest.raises(AssertionError):
        check_ghosts(
            lambda values, strength, shift, phase: kspace.modulate_lines(
                values, strength=strength, shift=shift + 1, phase=phase
            )
        )
    with pytest.raises(AssertionError):  # every line alike: brighter, but no ghost
        check_ghosts(lambda values, strength, shift, phase: (1 + strength) * values)


def check_movement(join):
    """A head moved by whole rows puts a linear phase on the lines read then."""
    values = np.zeros((64, 64))
    values[20:40, 24:36] = np.random.default_rng(2).uniform(50, 200, (20, 12))
    lines = np.fft.fftfreq(64, 1 / 64)[:, None]
    rows = np.where(lines < -4, 3, np.where(lines > 6, -5, 0))
    kspace_ = np.fft.fft2(values) * np.exp(-2j * np.pi * lines * rows / 64)
    joined = join(values, first=Pose(0, 0, 3), last=Pose(0, 0, -5), cuts=(4, 6))
    assert np.allclose(joined, np.abs(np.fft.ifft2(kspace_)), atol=1e-6)


def test_a_movement_touches_the_lines_read_after_it():
    check_movement(kspace.join_poses)
    with pytest.raises(AssertionError):  # first and last exchanged
        check_movement(
            lambda values, first, last, cuts: kspace.join_poses(
                values, first=last, last=first, cuts=cuts
            )
        )


def test_a_head_that_lies_still_stays_as_it_is(grey):
    still = Pose(0, 0, 0)
    joined = kspace.join_poses(grey.astype(float), first=still, last=still, cuts=(3, 3))
    assert np.allclose(joined, grey, atol=1e-6)


def check_field(draw):
    """Smooth, mean 0, deviation 1."""
    field = draw((80, 120), np.random.default_rng(3))
    assert field.shape == (80, 120)
    assert abs(field.mean()) < 1e-9 and field.std() == pytest.approx(1)
    assert max(np.abs(np.diff(field, axis=axis)).max() for axis in (0, 1)) < 0.4


def test_the_bias_field_is_smooth_and_scaled():
    check_field(kspace.draw_field)
    with pytest.raises(AssertionError):
        check_field(lambda shape, random: random.normal(size=shape))


def test_a_biased_slice_is_its_field_times_itself():
    even = np.full((100, 100), 100, np.uint8)
    shaded = corruptions.distort(even, "bias_field", 0.2, seed=7, slice_id="a")
    assert np.log(shaded / 100).std() == pytest.approx(0.2, abs=0.01)


def check_letters(burn, grey):
    """Letters only brighten, and only in one quarter of the slice."""
    burnt = burn(grey)
    assert (burnt >= grey).all() and (burnt > grey).any()
    rows, columns = np.nonzero(burnt != grey)
    half = np.array(grey.shape) // 2
    assert len({*(rows // half[0])}) == 1 and np.ptp(rows) < half[0]
    assert (burnt == 255).any()


def test_burnt_in_letters_stand_at_an_edge(grey):
    check_letters(lambda values: damage("burnt_in_text", values, 5), grey)
    with pytest.raises(AssertionError):
        check_letters(lambda values: damage("rician_noise", values, 1), grey)


def test_the_remaining_ones_do_what_they_say(grey):
    blurred = damage("blur", grey, 3)
    coarse = damage("low_resolution", grey, 3)
    bent = damage("gamma", grey, 5)
    for softened in (blurred, coarse):
        assert softened.mean() == pytest.approx(grey.mean(), rel=0.02)
        assert detail(softened) < 0.9 * detail(grey)
    order = np.argsort(grey, axis=None, kind="stable")
    assert np.all(np.diff(bent.ravel()[order].astype(int)) >= 0)
    ends = corruptions.distort(
        np.array([[0, 255]], np.uint8), "gamma", 1, seed=7, slice_id="a"
    )
    assert ends.tolist() == [[0, 255]]
    stream = io.BytesIO()
    Image.fromarray(grey).save(stream, "JPEG", quality=40)
    written = corruptions.distort(grey, "jpeg", 60, seed=7, slice_id="a")
    assert np.array_equal(written, images.decode_slice(stream.getvalue()))


def detail(grey):
    return np.abs(cv2.Laplacian(grey.astype(float), -1)).sum()


def check_ladder(ladder, tolerance):
    """Every severity of every corruption costs what the rule says."""
    assert len(ladder) == len(CORRUPTIONS) * len(SEVERITIES)
    far = ladder[(ladder["psnr"] - ladder["target"]).abs() > tolerance]
    assert far.empty, far


def test_the_noise_is_measured_as_defined():
    before = np.zeros((10, 10), np.uint8)
    after = np.full((10, 10), 255 // 5, np.uint8)
    assert severities.measure_noise([before], [after]) == pytest.approx(
        20 * np.log10(5)
    )


@pytest.fixture(scope="module")
def ladder(phantoms):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(severities, "load_phantoms", lambda: phantoms)
        return severities.tabulate_ladder()


def test_every_severity_costs_what_the_rule_says(ladder):
    """Measured on the phantoms that set the ladder; letters and qualities are whole."""
    check_ladder(ladder, 1.0)
    with pytest.raises(AssertionError):  # one rung too strong
        blurred = (ladder["corruption"] == "blur") & (ladder["severity"] == 3)
        check_ladder(ladder.assign(psnr=ladder["psnr"] - 4 * blurred), 1.0)


def test_a_strength_is_found_where_the_target_lies(slices):
    strength = severities.find_strength(slices, "rician_noise", 30.0)
    noisy = [
        corruptions.distort(grey, "rician_noise", strength, seed=7, slice_id=str(i))
        for i, grey in enumerate(slices)
    ]
    assert severities.measure_noise(slices, noisy) == pytest.approx(30, abs=0.05)

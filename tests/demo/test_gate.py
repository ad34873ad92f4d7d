"""The gate on drawn heads: what it must pass, refuse, say, and never learn from."""

import dataclasses
import io
import json
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import ndimage

from braintumor import paths
from braintumor.data.decoding import UnreadableSliceError
from braintumor.data.uploads import decode_upload
from braintumor.demo import (
    drawn_pictures,
    facts,
    gate,
    gate_report,
    limits,
    lookalikes,
    refusals,
    strangers,
)

CHANNELS = 12


def draw_head(number, side=96):
    """Return something with the layers of a head: skin, skull, folds, ventricles."""
    random = np.random.default_rng((1, number))
    down, across = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    wide, high = random.uniform(0.68, 0.76), random.uniform(0.82, 0.9)
    radius = np.hypot(across / wide, down / high)
    picture = np.where(radius < 1, 0.75, 0) - 0.6 * ((radius < 0.92) & (radius > 0.85))
    folds = ndimage.gaussian_filter(random.normal(size=(side, side)), 2)
    folds = (folds + folds[:, ::-1]) / 2 / folds.std()
    picture += (radius < 0.85) * (0.12 * folds - 0.25)
    for mirror in (-1, 1):
        hole = np.hypot((across - 0.15 * mirror) / 0.09, (down + 0.05) / 0.3) < 1
        picture[hole] = 0.12
    picture = ndimage.gaussian_filter(picture, 0.7)
    picture += 0.015 * abs(random.normal(size=picture.shape))
    return (255 * np.clip(picture, 0, 1)).astype(np.uint8)


def draw_features(count, seed, shift=0.0):
    random = np.random.default_rng(seed)
    return abs(random.normal(1 + shift, 0.3, size=(count, CHANNELS)))


def measure_heads(numbers):
    return np.stack([facts.measure(draw_head(number)) for number in numbers])


@pytest.fixture(scope="module")
def known():
    """Features, facts and groups of the heads that the gate is fitted on."""
    return draw_features(240, 2), measure_heads(range(240)), np.arange(240)


@pytest.fixture(scope="module")
def fitted(known):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookalikes, "COUNT", 150)
        lookalikes.measure_lookalikes.cache_clear()
        yield gate.Gate.fit(*known)
    lookalikes.measure_lookalikes.cache_clear()


def judge(fitted, pixels):
    return judge_content(fitted, strangers.encode_png(pixels))


def judge_content(fitted, content):
    upload = decode_upload(content)
    measured = facts.measure(upload.pixels, upload.saturation)
    return fitted.judge(np.ones(CHANNELS), measured)


def test_unseen_heads_pass(fitted):
    refused = [judge(fitted, draw_head(number)) for number in range(400, 440)]
    assert sum(reason is not None for reason in refused) <= 4, Counter(refused)


@pytest.mark.parametrize("kind", list(strangers.DRAWN))
def test_drawn_strangers_are_refused(fitted, kind):
    draw, _ = strangers.DRAWN[kind]
    for seed in range(3):
        assert judge(fitted, draw(np.random.default_rng((9, seed)))) is not None


def test_photographs_are_refused_even_on_a_disc(fitted):
    name, photograph = strangers.load_photographs()[0]
    varied = list(strangers.vary_photograph(name, photograph[:380, :380]))
    answers = [judge_content(fitted, one.content) for one in varied]
    assert len({one.kind for one in varied}) == 4
    missed = [
        one.kind for one, answer in zip(varied, answers, strict=True) if not answer
    ]
    assert len(missed) <= 0.05 * len(varied), missed


def test_without_limits_the_strangers_would_pass(fitted):
    """The refusals above come from the limits, not from some slip in the test."""
    endless = dataclasses.replace(fitted.limit, largest=np.array(np.inf))
    blind = dataclasses.replace(fitted, limit=endless)
    noise = drawn_pictures.draw_text(np.random.default_rng(0))
    assert judge(blind, noise) is None and judge(fitted, noise) is not None


def test_features_alone_can_refuse(fitted):
    head = facts.measure(draw_head(0))
    assert fitted.judge(np.ones(CHANNELS), head) is None
    assert fitted.judge(np.full(CHANNELS, 40.0), head) == refusals.OTHER


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.full((90, 90), 130, np.uint8), refusals.BLANK),
        (np.dstack([draw_head(0), *[draw_head(0) // 4] * 2]), refusals.COLOR),
        (draw_head(0)[30:60], refusals.LONG),
        (np.random.default_rng(0).integers(90, 256, (99, 99), np.uint8), None),
        (drawn_pictures.draw_text(np.random.default_rng(4)), None),
    ],
    ids=["blank", "colour", "long", "noise", "text"],
)
def test_reasons_are_sentences_that_fit(fitted, pixels, reason):
    said = judge(fitted, pixels)
    if reason is None:
        assert said in {refusals.BRIGHT, refusals.FLAT, refusals.ROUGH}
    else:
        assert said == reason


def test_the_most_unusual_fact_is_the_reason():
    scores = dict.fromkeys(facts.NAMES, 0.0)
    assert refusals.name_reason(scores) == refusals.OTHER
    assert refusals.name_reason(scores | {"levels": -4.0}) == refusals.FLAT
    assert refusals.name_reason(scores | {"levels": 4.0}) == refusals.OTHER
    found = refusals.name_reason(scores | {"levels": -3.0, "border": 5.0})
    assert found == refusals.BRIGHT


def test_the_limit_comes_from_groups_that_were_left_out(known, fitted):
    scores = np.empty((240, gate.TESTS))
    for inside, left_out in limits.iterate_folds(known[2]):
        one = gate.Gate._learn(known[0][inside], known[1][inside], None)
        scores[left_out] = one.score(known[0][left_out], known[1][left_out])
    strange = fitted.limit.strangeness(scores)
    assert (strange > fitted.limit.largest).sum() == 2  # of 240, one in a hundred
    assert fitted.refuses(*known[:2]).sum() <= 2


def test_a_large_group_counts_as_one():
    scores = np.arange(100.0)[:, None]
    groups = np.r_[np.arange(80), [80] * 20]  # the twenty largest
    chosen = limits.Limit.fit(scores, groups, refused=0.1)
    refused = chosen.strangeness(scores) > chosen.largest
    shares = [refused[groups == group].mean() for group in range(81)]
    assert 0.05 < np.mean(shares) <= 0.1 and shares[80] == 1
    alone = limits.Limit.fit(scores, np.arange(100), refused=0.1)
    assert (alone.strangeness(scores) > alone.largest).sum() == 10


def test_somewhat_odd_in_every_way_is_strange():
    scores = np.random.default_rng(0).normal(size=(2000, 4))
    limit = limits.Limit.fit(scores, np.arange(2000), refused=0.01)
    often, once, tame = np.full(4, 2.2), np.array([4.5, 0, 0, 0]), np.full(4, -9.0)
    strange = limit.strangeness(np.stack([often, once, tame, once + [0, -9, -9, -9]]))
    assert (strange[:2] > limit.largest).all() and strange[2] == 0
    assert strange[3] == pytest.approx(strange[1], rel=1e-3), (
        "what is ordinary makes up for nothing"
    )


def test_no_group_is_fitted_and_left_out():
    groups = np.random.default_rng(0).integers(0, 30, 200)
    seen = []
    for fitted, left_out in limits.iterate_folds(groups):
        assert not {*groups[fitted]} & {*groups[left_out]}
        seen.extend(left_out)
    assert sorted(seen) == list(range(200))
    with pytest.raises(ValueError, match="groups"):
        list(limits.iterate_folds(np.zeros(9)))


def test_phantoms_that_are_known_pass_better(fitted, known):
    shrunk = np.stack([facts.measure(draw_head(n)[:, ::-1] // 2) for n in range(40)])
    wiser = gate.Gate.fit(*known, facts_phantoms=shrunk)
    ones = np.ones((40, CHANNELS))
    before = fitted.refuses(ones, shrunk).mean()
    after = wiser.refuses(ones, shrunk).mean()
    assert after < 0.1 and after < before


def test_a_stored_gate_judges_the_same(fitted, known, tmp_path):
    fitted.save(tmp_path / "gate.npz")
    stored = gate.Gate.load(tmp_path / "gate.npz")
    scores = fitted.score(*known[:2])
    assert stored.score(*known[:2]) == pytest.approx(scores, rel=5e-3, abs=0.01)
    assert (tmp_path / "gate.npz").stat().st_size < 1_000_000
    again = tmp_path / "again.npz"
    fitted.save(again)
    assert again.read_bytes() == (tmp_path / "gate.npz").read_bytes()


@pytest.mark.parametrize("fault", ["text", "foreign", "pickle", "missing"])
def test_another_file_is_no_gate(fault, tmp_path):
    path = tmp_path / "gate.npz"
    if fault == "text":
        path.write_text("no zip")
    elif fault == "foreign":
        np.savez(path, weights=np.ones(3))
    elif fault == "pickle":
        np.savez(path, saturation=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="gate.npz holds no gate"):
        gate.Gate.load(path)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (7, 5), (600, 800)])
@pytest.mark.parametrize("level", [0, 1, 255])
def test_facts_are_numbers_whatever_the_picture(shape, level):
    measured = facts.measure(np.full(shape, level, np.uint8))
    assert measured.shape == (facts.COUNT,) and np.isfinite(measured).all()


def test_facts_hardly_depend_on_the_size_of_the_file():
    small, large = draw_head(3, 128), np.kron(draw_head(3, 128), np.ones((4, 4)))
    measured = facts.measure(small), facts.measure(large.astype(np.uint8))
    assert measured[0] == pytest.approx(measured[1], abs=0.02)


def test_facts_say_what_they_are_called():
    def named(pixels, saturation=0.0):
        return dict(zip(facts.NAMES, facts.measure(pixels, saturation), strict=False))

    head, white = named(draw_head(0)), named(np.full((80, 40), 255, np.uint8), 0.4)
    assert head["dark_border"] > 0.9 > 0.1 > white["dark_border"]
    assert white["saturation"] == pytest.approx(0.4)
    assert white["elongation"] == pytest.approx(np.log(2)) and head["elongation"] == 0
    assert head["area"] == pytest.approx(np.pi / 4 * 0.72 * 0.86, abs=0.06)
    assert head["mirrored"] > 0.8


def test_the_strangers_are_the_same_every_time():
    first = [next(strangers.iterate_strangers()).content for _ in range(2)]
    assert first[0] == first[1]
    for draw, _ in strangers.DRAWN.values():
        pictures = [draw(np.random.default_rng(4)) for _ in range(2)]
        assert np.array_equal(*pictures) and pictures[0].dtype == np.uint8
        other = draw(np.random.default_rng(6))
        assert other.shape != pictures[0].shape or (other != pictures[0]).any()


def test_lookalikes_are_none_of_the_measured_kinds():
    source = open(lookalikes.__file__, encoding="utf-8").read()
    assert "import strangers" not in source and "drawn_pictures" not in source


class PlantedPredictor:
    """Refuses what is bright; cannot read what is one pixel wide."""

    def prepare(self, content, name):
        pixels = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
        if pixels.shape[1] == 1:
            raise UnreadableSliceError(name, "is too narrow", "Widen it.")
        return pixels

    def answer(self, prepared):
        return [
            SimpleNamespace(state="not_a_slice", reason="Bright.")
            if pixels.mean() > 100
            else SimpleNamespace(state="uncertain", reason="In doubt.")
            for pixels in prepared
        ]


def test_every_picture_is_counted_once():
    levels = [200] * 30 + [10] * 9
    pictures = [
        strangers.Stranger("grey", str(n % 13), strangers.encode_png(page))
        for n, page in enumerate(np.full((9, 9), v, np.uint8) for v in levels)
    ]
    narrow = strangers.encode_png(np.zeros((9, 1), np.uint8))
    pictures.insert(5, strangers.Stranger("narrow", "a", narrow))
    pictures.append(strangers.Stranger("framed", "b", pictures[-1].content, True))
    tallies = gate_report.measure_gate(PlantedPredictor(), pictures)
    files = {"model.weights.h5": "f" * 64, "gate.npz": "e" * 64}
    table = gate_report.tabulate({gate_report.STRANGE: tallies}, files)
    single = table[table["what"] != gate_report.ALL]
    rows = single.set_index("what").to_dict("index")
    assert rows["grey"]["n"] == 39 and rows["grey"]["refused"] == 30
    assert rows["grey"]["origins"] == 13 and rows["grey"]["share"] == 0.7692
    assert rows["grey"]["low"] < 0.7692 < rows["grey"]["high"]
    assert rows["narrow"]["refused"] == 1
    assert rows["narrow"]["commonest_reason"] == gate_report.UNREADABLE
    sums = table[table["what"] == gate_report.ALL].set_index("role")
    columns = ["n", "refused", "origins"]
    assert sums.loc[gate_report.STRANGE, columns].tolist() == [40, 31, 14]
    assert sums.loc[gate_report.DISGUISED, columns].tolist() == [1, 0, 1]
    assert set(table["weights"]) == {"f" * 16} and set(table["gate"]) == {"e" * 16}


def test_the_tracked_table_tells_of_the_shipped_model():
    root = paths.project_root()
    table = pd.read_csv(root / "data" / "results" / "demo" / "gate.csv")
    folder = root / "data" / "models" / "densenet121_four_class"
    files = json.loads((folder / "contract.json").read_text("utf-8"))["files"]
    assert set(table["weights"]) == {files["model.weights.h5"][:16]}
    assert set(table["gate"]) == {files["gate.npz"][:16]}

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from braintumor import examination
from braintumor.data.sources import BINARY_CLASSES, FOUR_CLASSES
from braintumor.evaluation import baselines, predictions
from braintumor.modeling import artifact

SIDES = ["training", "training", "validation", "test", "test"]


@pytest.fixture
def splits(tmp_path, monkeypatch):
    """Five slices per class; the first test slice repeats the validation slice."""
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    generator, rows = np.random.default_rng(0), []
    for label in FOUR_CLASSES:
        for number, side in enumerate(SIDES):
            if number != 3:
                pixels = generator.integers(0, 256, (40, 40), dtype=np.uint8)
            name = f"{label}_{number}.png"
            Image.fromarray(pixels).save(tmp_path / name)
            repeat = "excluded" if number == 3 else side
            rows.append((f"toy/{name}", name, label, side, repeat, repeat, len(rows)))
    columns = ["slice_id", "path", "label", *predictions.VIEWS, "group_id"]
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.assign(sha256="0", width=40, height=40, mode="L")
    return frame.sample(frac=1, random_state=1, ignore_index=True)


def test_the_nearest_neighbor_remembers_validation(splits, tmp_path):
    tables = examination.examine_baselines(splits, tmp_path, FOUR_CLASSES)
    assert set(tables) == {*baselines.BASELINES}
    table = tables["nearest_neighbor"].set_index("slice_id")
    assert len(table) == 8 and table["as_shipped"].all()
    assert table["group_disjoint"].sum() == 4
    for label in FOUR_CLASSES:  # its repeat stands in validation only
        assert table.loc[f"toy/{label}_3.png", f"probability_{label}"] == 1


def test_binary_names_and_labels(splits, tmp_path):
    tables = examination.examine_baselines(splits, tmp_path, BINARY_CLASSES)
    table = tables["majority_binary"]
    assert table["label"].value_counts().to_dict() == {"tumor": 6, "no_tumor": 2}
    assert (table["probability_tumor"] == 0.75).all()


def test_a_model_sees_the_test_slices_and_no_other(splits, tmp_path, monkeypatch):
    seen = []

    def predict(loaded, images):
        seen.append(images)
        bright = images.reshape(len(images), -1).mean(axis=1) / 256
        return np.stack([1 - bright, bright], axis=1)

    monkeypatch.setattr(artifact, "predict", predict)
    form = {"side": 20, "filtering": None, "standardization": None}
    loaded = SimpleNamespace(classes=BINARY_CLASSES, **form)
    table = examination.examine_model(loaded, splits, tmp_path).set_index("slice_id")
    assert seen[0].shape == (8, 20, 20)
    for name in ("glioma_3.png", "no_tumor_4.png"):  # the answer belongs to the slice
        mean = np.asarray(Image.open(tmp_path / name)).mean() / 256
        found = table.loc[f"toy/{name}", "probability_tumor"]
        assert found == pytest.approx(mean, abs=0.005)


def test_without_a_test_side_there_is_nothing_to_examine(splits, tmp_path):
    splits["as_shipped"] = splits["as_shipped"].replace("test", "training")
    with pytest.raises(ValueError, match="No slice is on the test side"):
        examination.examine_baselines(splits, tmp_path, FOUR_CLASSES)


@pytest.fixture
def with_sizes(splits, tmp_path):
    """Published sizes that tell the class; the files tell nothing."""
    frame = splits.assign(path=[f"all/{name[:-6]}/{name}" for name in splits["path"]])
    rows = [
        ("all", path.split("/")[1], path.split("/")[2], 100 + 50 * len(label), 7)
        for path, label in zip(frame["path"], frame["label"], strict=True)
    ]
    columns = ["folder", "class", "file", "width", "height"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "native_sizes.csv")
    for old, new in zip(splits["path"], frame["path"], strict=True):
        (tmp_path / new).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / old).rename(tmp_path / new)
    return frame


def test_native_sizes_come_from_the_table_beside_the_slices(with_sizes, tmp_path):
    features = examination.measure_shortcuts(with_sizes, tmp_path)["native_size"]
    widths = 100 + 50 * with_sizes["label"].str.len().to_numpy()
    assert (features[:, 0] == widths).all() and (features[:, 1] == 7).all()
    answers = examination.examine_baselines(with_sizes, tmp_path, FOUR_CLASSES)
    table = answers["native_size"]
    for label in ("glioma", "meningioma"):  # lengths that no other class has
        own = table.loc[table["label"] == label, f"probability_{label}"]
        assert (own > 0.5).all()
    (tmp_path / "native_sizes.csv").write_text("folder,class,file,width,height\n")
    with pytest.raises(ValueError, match=r"does not name all/.* and 19 other"):
        examination.measure_shortcuts(with_sizes, tmp_path)


def test_without_the_table_the_files_tell_their_size(splits, tmp_path):
    features = examination.measure_shortcuts(splits, tmp_path)
    assert features["native_size"].tolist() == [[40, 40, 1]] * 20
    sizes = [(tmp_path / path).stat().st_size for path in splits["path"]]
    assert features["file_size"][:, 0].tolist() == sizes

import numpy as np
import pandas as pd
import pytest

from braintumor.data.sources import BINARY_CLASSES, FOUR_CLASSES
from braintumor.modeling import inputs


def test_labels_become_positions_and_any_tumour_a_tumour():
    labels = pd.Series(["pituitary", "no_tumor", "glioma"])
    assert list(inputs.encode_labels(labels, FOUR_CLASSES)) == [3, 2, 0]
    assert list(inputs.encode_labels(labels, BINARY_CLASSES)) == [1, 0, 1]


def test_labels_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="tumor are not among"):
        inputs.encode_labels(pd.Series(["tumor", "no_tumor"]), FOUR_CLASSES)


def test_no_test_slice_reaches_a_training(phantom_folder, tmp_path, monkeypatch):
    from braintumor.data import audit, manifest, splits
    from braintumor.modeling import recipes

    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    built = manifest.build_manifest("phantom", phantom_folder)
    table = splits.add_views(
        audit.audit_manifest(built, phantom_folder).manifest, seed=1
    )
    recipe = recipes.get_recipe("vgg16_four_class", "quick", side=32)
    data = inputs.load_training_data(table, phantom_folder, recipe)
    seen = np.concatenate([data.training, data.validation])
    sides = table["as_shipped"].to_numpy()[seen]
    assert set(sides) == {"training", "validation"}
    assert len(set(seen)) == len(seen) == (table["as_shipped"] != "test").sum()
    groups = table["group_id"].to_numpy()
    assert not np.intersect1d(groups[data.training], groups[data.validation]).size

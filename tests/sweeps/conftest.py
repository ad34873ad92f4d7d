"""A planned sweep of toy slices in a project of its own."""

import pandas as pd
import pytest

from braintumor import paths
from braintumor.data import manifest, sources
from braintumor.sweeps import plan

SLICES = 64  # two of each group, eight groups per class


@pytest.fixture
def sweep(tmp_path, monkeypatch, toy_manifest) -> plan.Sweep:
    """Two seeds, two folds, one model; the manifest is there, nothing else is."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    toy = plan.Sweep(
        "toy", "phantom", "phantom", "quick", (7, 8), 2, ("vgg16_four_class",)
    )
    manifest.save_manifest(toy_manifest, toy.files.manifest("phantom"))
    return toy


@pytest.fixture(scope="session")
def toy_manifest() -> pd.DataFrame:
    """An audited manifest of slices that have no files."""
    classes = sources.FOUR_CLASSES
    rows = [
        (f"phantom/{n:02}", f"{n}.png", classes[n // 2 % len(classes)], n // 2)
        for n in range(SLICES)
    ]
    table = pd.DataFrame(rows, columns=["slice_id", "path", "label", "group_id"])
    digests = [f"{n:064x}" for n in range(SLICES)]
    return table.assign(
        source="phantom",
        official_split=None,
        patient_id=None,
        width=8,
        height=8,
        mode="L",
        sha256=digests,
        pixel_sha256=digests,
    )

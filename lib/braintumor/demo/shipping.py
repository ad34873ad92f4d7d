"""From a trained run to a model that is passed on: smaller, calibrated, with a card.

Temperature, abstention and gate are fitted here, on training and validation slices
only; what a card tells of the test side was measured by the evaluation notebook.
"""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np

from braintumor import paths, runs
from braintumor.data import manifest
from braintumor.demo import known_phantoms, model_card
from braintumor.demo.evidence import find_evidence
from braintumor.demo.fitting import Side, fit_answers, look_at_sides
from braintumor.demo.gate import Gate
from braintumor.demo.predict import CALIBRATION, GATE
from braintumor.modeling.contract import (
    CONTRACT,
    HISTORY,
    WEIGHTS,
    hash_file,
    read_contract,
    write_contract,
)
from braintumor.modeling.half import halve_weights

CARD = "README.md"


def ship(run: str, model: str) -> Path:
    """Turn a run's trained model into the one that the demos use.

    Half-precision weights, history, temperature and threshold fitted on validation
    slices, a gate, and a card go into `data/models/<model>`; the contract with all
    their hashes is written last, and the folder appears whole or not at all.

    Args:
        run: name of a run with that model trained.
        model: one of `recipes.MODELS`.

    Returns:
        The folder.

    Raises:
        ArtifactError: the trained model is missing or altered.
        FileNotFoundError: its split manifest or its data set is missing.
        ValueError: the splits are not those that it was trained on.
    """
    source = runs.run_paths(run).model(model)
    trained = read_contract(source)
    identity = hash_file(source / CONTRACT)  # the run may be trained again meanwhile
    splits = manifest.load_manifest(
        runs.run_paths(run).splits(trained["facts"]["dataset"])
    )
    target = paths.models_root() / model
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{model}.", dir=target.parent))
    try:
        promises = _copy_half(source, trained, fresh, run)
        training, validation = look_at_sides(fresh, promises, splits)
        fitted = fit_answers(validation)
        text = json.dumps(fitted, indent=2) + "\n"
        (fresh / CALIBRATION).write_text(text, encoding="utf-8")
        gate = fit_gate(training, validation)
        gate.save(fresh / GATE)
        evidence = find_evidence(run, model, identity)
        card = model_card.write_card(promises, fitted, evidence)
        (fresh / CARD).write_text(card, encoding="utf-8")
        files = (WEIGHTS, HISTORY, CALIBRATION, GATE, CARD)
        write_contract(fresh, promises, files)
        fresh.chmod(0o755)
        _replace(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def fit_gate(training: Side, validation: Side) -> Gate:
    """Fit what refuses pictures that are no slices; see `gate.Gate.fit`."""
    return Gate.fit(
        np.concatenate([training.pooled, validation.pooled]),
        np.concatenate([training.facts, validation.facts]),
        np.concatenate([training.group_ids, validation.group_ids]),
        facts_phantoms=known_phantoms.measure_phantoms(),
    )


def _copy_half(source: Path, trained: dict, fresh: Path, run: str) -> dict:
    """Write a valid artifact with halved weights; return what its contract says."""
    halve_weights(source / WEIGHTS, fresh / WEIGHTS)
    shutil.copy(source / HISTORY, fresh / HISTORY)
    promises = {name: trained[name] for name in trained if name != "files"}
    promises["recipe"] = trained["recipe"] | {"precision": "float32"}
    promises["shipped"] = {
        "run": run,
        "weights": "float16, halved from the trained float32",
        "trained_weights": trained["files"][WEIGHTS],
    }
    write_contract(fresh, promises, (WEIGHTS, HISTORY))
    return promises


def _replace(fresh: Path, target: Path) -> None:
    """Put a finished folder in the place of an older one."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)

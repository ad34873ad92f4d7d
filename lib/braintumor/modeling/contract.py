"""What an artifact promises: `contract.json`, and the hash of every file beside it.

Knows no Keras, so that a program may check a model without paying for the framework.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

CONTRACT = "contract.json"
WEIGHTS = "model.weights.h5"
HISTORY = "history.csv"
FORMAT = 1


class ArtifactError(ValueError):
    """An artifact is missing, altered or of another format."""


def hash_file(path: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_contract(folder: Path, promises: dict, files: Iterable[str]) -> dict:
    """Hash the files of an artifact and write its contract, whole or not at all.

    Args:
        folder: holds the files.
        promises: everything else that the contract says; plain JSON values.
        files: names that the contract vouches for.

    Returns:
        The contract as written.
    """
    hashes = {name: hash_file(folder / name) for name in files}
    contract = {"format": FORMAT} | promises | {"files": hashes}
    text = json.dumps(contract, indent=2, ensure_ascii=False) + "\n"
    fresh = folder / f"new.{CONTRACT}"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(folder / CONTRACT)
    return contract


def read_contract(folder: Path) -> dict:
    """Return an artifact's contract after checking every file's hash.

    Raises:
        ArtifactError: a file is missing or altered, or the contract names no recipe;
            the message says which.
    """
    path = folder / CONTRACT
    if not path.is_file():
        raise ArtifactError(f"{folder} holds no {CONTRACT}: train the model first.")
    try:
        contract = json.loads(path.read_text(encoding="utf-8"))
        files, version = dict(contract["files"]), contract["format"]
        recipe = contract.get("recipe")
        pretrained = recipe.get("weights") if isinstance(recipe, dict) else None
    except (ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path} is no contract ({error}).") from error
    if version != FORMAT or WEIGHTS not in files:
        raise ArtifactError(f"{path} has format {version}; this code reads {FORMAT}.")
    if pretrained is not None:  # they would be fetched or opened without a hash
        raise ArtifactError(f"{path} asks for weights of its own; train again.")
    for name, wanted in files.items():
        if Path(name).name != name or not (folder / name).is_file():
            raise ArtifactError(f"{folder / name} is missing; train or fetch it again.")
        if hash_file(folder / name) != wanted:
            raise ArtifactError(
                f"{folder / name} was altered: its SHA-256 is not the contract's. "
                "It was not opened; train or fetch it again."
            )
    if not isinstance(recipe, dict):
        raise ArtifactError(
            f"{path} names no recipe, so the network cannot be built: train the model "
            "again, or fetch its folder whole."
        )
    return contract

"""Measures the gate: which pictures it refuses that it must, and which it must not.

`python -m braintumor.demo.gate_report MODEL` writes `data/results/demo/gate.csv`.
What is measured goes the way of an upload, from bytes to answer. `--pictures FOLDER`
adds one's own: the tracked table has those of scikit-image's wheel, its `data` folder
copied under the name `scikit-image`.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from braintumor import paths, runs
from braintumor.data import manifest, phantom, sources
from braintumor.data.decoding import UnreadableSliceError
from braintumor.data.images import decode_slice
from braintumor.demo import strangers
from braintumor.demo.predict import GATE, Predictor, Prepared
from braintumor.demo.strangers import Stranger, encode_png
from braintumor.evaluation.statistics import exact_interval
from braintumor.modeling.contract import WEIGHTS

TABLE = "gate.csv"
UNREADABLE = "It could not be read."
BATCH = 16
# Of another seed than the phantoms that the gate was fitted on.
PHANTOMS = {"slices": 120, "side": 160, "seed": 23}
STRANGE, DISGUISED = "no slice", "no slice, disguised"
ALL = "all of these"


@dataclass
class Tally:
    """What became of the pictures of one kind.

    Attributes:
        origins: files or groups that they were made from; fewer than pictures where
            several stem from one, and then the interval is too short.
        reasons: how often each reason was given; None for a picture that passed.
        disguised: whether they are made to look like slices.
    """

    origins: set[str] = field(default_factory=set)
    reasons: Counter = field(default_factory=Counter)
    disguised: bool = False

    def row(self) -> dict:
        """Return the columns of the table."""
        count = self.reasons.total()
        refused = count - self.reasons[None]
        interval = exact_interval(refused, count)
        given = [reason for reason, _ in self.reasons.most_common() if reason]
        return {
            "n": count,
            "origins": len(self.origins),
            "refused": refused,
            "share": round(refused / count, 4),
            "low": round(interval.low, 4),
            "high": round(interval.high, 4),
            "commonest_reason": given[0] if given else "",
        }


def measure_gate(
    predictor: Predictor, pictures: Iterable[Stranger]
) -> dict[str, Tally]:
    """Count what the gate of a model does with pictures, by kind.

    Args:
        predictor: the model.
        pictures: slices or strangers; unreadable ones count as refused.
    """
    tallies: dict[str, Tally] = {}
    waiting = iter(pictures)
    while block := list(islice(waiting, BATCH)):
        prepared, known = [], []
        for picture in block:
            tally = tallies.setdefault(picture.kind, Tally(disguised=picture.disguised))
            tally.origins.add(picture.origin)
            if (ready := _prepare(predictor, picture)) is None:
                tally.reasons[UNREADABLE] += 1
            else:
                prepared.append(ready)
                known.append(tally)
        for tally, answer in zip(known, predictor.answer(prepared), strict=True):
            refused = answer.state == "not_a_slice"
            tally.reasons[answer.reason if refused else None] += 1
    return tallies


def _prepare(predictor: Predictor, picture: Stranger) -> Prepared | None:
    try:
        return predictor.prepare(picture.content, picture.origin)
    except UnreadableSliceError:
        return None


def iterate_slices(
    splits: pd.DataFrame, root: Path, dataset: str
) -> Iterator[Stranger]:
    """Yield validation and test slices; a test slice in no group of training twice."""
    for row in splits.itertuples():
        if row.as_shipped not in ("validation", "test"):
            continue
        content, group = (root / row.path).read_bytes(), str(row.group_id)
        yield Stranger(f"{dataset}, {row.as_shipped}", group, content)
        if row.as_shipped == row.group_disjoint == "test":
            yield Stranger(f"{dataset}, test, group-disjoint", group, content)


def iterate_source(name: str) -> Iterator[Stranger]:
    """Yield the slices of a data set that took no part in the fit, where it is here."""
    try:
        root = sources.locate(name)
    except sources.MissingSourceError:
        return
    for row in sources.list_slices(name, root):
        yield Stranger(name, row.path, (root / row.path).read_bytes())


def iterate_phantoms() -> Iterator[Stranger]:
    """Yield phantom slices that took no part in the fit."""
    root = phantom.generate(paths.cache_root() / "gate_phantoms", **PHANTOMS)
    for row in sources.list_slices("phantom", root):
        content = (root / row.path).read_bytes()
        yield Stranger("phantoms of another seed", row.path, content)


def iterate_negatives() -> Iterator[Stranger]:
    """Yield the negatives of those phantoms: dark heads on white are no MRI slices."""
    for slice_ in iterate_phantoms():
        negative = 255 - decode_slice(slice_.content)
        yield Stranger("phantoms, negative", slice_.origin, encode_png(negative))


def tabulate(roles: dict[str, dict[str, Tally]], files: dict[str, str]) -> pd.DataFrame:
    """Return the table: one row per kind, and sums of what must be refused.

    Args:
        roles: what the pictures are ("slice" or "no slice") → kind → tally.
        files: SHA-256 of the model's files, as in its contract.
    """
    rows = []
    for role, tallies in roles.items():
        for kind, tally in tallies.items():
            named = DISGUISED if tally.disguised else role
            rows.append({"what": kind, "role": named, **tally.row()})
        if role == STRANGE:
            sums = {STRANGE: False, DISGUISED: True}
            for named, disguised in sums.items():
                some = {k: t for k, t in tallies.items() if t.disguised == disguised}
                if some:
                    rows.append({"what": ALL, "role": named, **_add(some).row()})
    return pd.DataFrame(rows).assign(weights=files[WEIGHTS][:16], gate=files[GATE][:16])


def _add(tallies: dict[str, Tally]) -> Tally:
    """Return all kinds together."""
    whole = Tally()
    for kind, tally in tallies.items():
        whole.origins |= {f"{kind}/{origin}" for origin in tally.origins}
        whole.reasons += tally.reasons
    return whole


def main() -> None:
    """Write the table of one model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="folder of the shipped artifact")
    parser.add_argument("--pictures", type=Path, action="append", default=[])
    parser.add_argument(
        "--table", type=Path, default=paths.results_root() / "demo" / TABLE
    )
    chosen = parser.parse_args()
    predictor = Predictor(chosen.model)
    dataset = predictor.contract["facts"]["dataset"]
    run = runs.run_paths(predictor.contract["shipped"]["run"])
    splits = manifest.load_manifest(run.splits(dataset))
    slices = iterate_slices(splits, sources.locate(dataset), dataset)
    others = [name for name in ("navoneel", "figshare") if name != dataset]
    folders = [strangers.read_folder(folder) for folder in chosen.pictures]
    known = chain(slices, *map(iterate_source, others), iterate_phantoms())
    strange = chain(strangers.iterate_strangers(), iterate_negatives(), *folders)
    measured = {
        "slice": measure_gate(predictor, tqdm(known, unit="slice")),
        STRANGE: measure_gate(predictor, tqdm(strange, unit="stranger")),
    }
    table = tabulate(measured, predictor.contract["files"])
    chosen.table.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(chosen.table, index=False, lineterminator="\n")
    print(
        table.drop(columns=["commonest_reason", "weights", "gate"]).to_string(
            index=False
        )
    )


if __name__ == "__main__":
    main()

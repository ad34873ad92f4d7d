"""Is this a slice of a head at all? The gate that refuses photographs, text and noise.

It looks at simple facts of the picture and at the network's features. What slices look
like, and how far off one may lie, is learned from training and validation slices; no
real stranger is used. See `lookalikes` for what stands in for them, and `limits` for
where it stops.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from braintumor.demo import facts as facts_of
from braintumor.demo import refusals
from braintumor.demo.limits import Limit, iterate_folds
from braintumor.demo.typicality import Ranks, Rule, Subspace

REFUSED = 0.01  # of new groups of slices, by all tests together: half of what may be
EDGE_DIRECTIONS = 100
NETWORK_DIRECTIONS = 30
PHANTOM_WEIGHT = 4  # a phantom counts as so many slices: they are few
COLORFUL = 2.0  # times the most colourful training slice
PARTS = {
    "ranks": Ranks,
    "edges": Subspace,
    "network": Subspace,
    "rule": Rule,
    "limit": Limit,
}
OTHERS = ("facts_precision", "saturation")
TESTS = 6  # facts, edges inside and off, network inside and off, rule


@dataclass(frozen=True)
class Gate:
    """What slices look like, and how far from it is too far.

    Attributes:
        ranks: of the simple facts.
        facts_precision: (k, k) inverse covariance of their normal scores.
        edges: where the edges of a head run.
        network: pooled features of the network, square roots.
        rule: tells slices from lookalikes.
        limit: how strange a picture may be, all tests together.
        saturation: largest saturation let pass, 0 to 1.
    """

    ranks: Ranks
    facts_precision: np.ndarray
    edges: Subspace
    network: Subspace
    rule: Rule
    limit: Limit
    saturation: np.ndarray

    @classmethod
    def fit(
        cls,
        features: np.ndarray,
        facts: np.ndarray,
        group_ids: np.ndarray,
        *,
        facts_phantoms: np.ndarray | None = None,
    ) -> "Gate":
        """Learn what slices look like; a minute for some thousand slices.

        Args:
            features: (n, c) feature maps averaged over places.
            facts: (n, facts.COUNT) from `facts.measure`.
            group_ids: (n,); the limit comes from groups left out of the fit.
            facts_phantoms: (p, facts.COUNT) of drawn slices to be known, too.

        Raises:
            ValueError: there are fewer groups than `limits.FOLDS`.
        """

        def learn(rows: np.ndarray) -> "Gate":
            return cls._learn(features[rows], facts[rows], facts_phantoms)

        held_out = np.empty((len(facts), TESTS))
        for fitted, left_out in iterate_folds(group_ids):
            gate = learn(fitted)
            held_out[left_out] = gate.score(features[left_out], facts[left_out])
        limit = Limit.fit(held_out, group_ids, refused=REFUSED)
        return replace(learn(np.arange(len(facts))), limit=limit)

    @classmethod
    def _learn(
        cls, features: np.ndarray, facts: np.ndarray, phantoms: np.ndarray | None
    ) -> "Gate":
        """Learn what slices look like, and let everything pass."""
        known = facts
        if phantoms is not None:
            known = np.vstack([known, *[phantoms] * PHANTOM_WEIGHT])
        ranks, precision, edges, rule = _fit_facts(known)
        network = Subspace.fit(_root(features), NETWORK_DIRECTIONS)
        saturation = np.array(COLORFUL * facts[:, 0].max() + 0.01)
        unlimited = Limit(np.zeros(TESTS), np.ones(TESTS), np.array(np.inf))
        return cls(ranks, precision, edges, network, rule, unlimited, saturation)

    def score(self, features: np.ndarray, facts: np.ndarray) -> np.ndarray:
        """Return how strange pictures are by each test, (n, TESTS)."""
        simple, cells = _split(facts)
        normal = self.ranks.scores(simple)
        odd = np.sqrt(np.einsum("nk,kl,nl->n", normal, self.facts_precision, normal))
        rule = self.rule.scores(_describe(self.ranks, self.edges, facts))
        return np.stack(
            [
                odd,
                *self.edges.distances(cells),
                *self.network.distances(_root(features)),
                rule,
            ],
            axis=1,
        )

    def refuses(self, features: np.ndarray, facts: np.ndarray) -> np.ndarray:
        """Say of pictures whether they are stranger than slices are, (n,) bool."""
        strange = self.limit.strangeness(self.score(features, facts))
        return strange > self.limit.largest

    def judge(self, features: np.ndarray, facts: np.ndarray) -> str | None:
        """Say why an upload is no slice of a head.

        Args:
            features: (c,) the network's feature map, averaged over places.
            facts: (facts.COUNT,) from `facts.measure`.

        Returns:
            One sentence for a lay reader, or None where it may be a slice.
        """
        named = dict(zip(facts_of.NAMES, facts, strict=False))
        if obvious := refusals.name_obvious(named, float(self.saturation)):
            return obvious
        if not self.refuses(features[None], facts[None])[0]:
            return None
        scores = self.ranks.scores(_split(facts[None])[0])[0]
        return refusals.name_reason(dict(zip(facts_of.NAMES[2:], scores, strict=True)))

    def save(self, path: Path) -> None:
        """Write the gate as one `.npz` of plain arrays."""
        arrays = {name: getattr(self, name) for name in OTHERS}
        for part in PARTS:
            for name, value in vars(getattr(self, part)).items():
                arrays[f"{part}.{name}"] = value
        small = {name: np.asarray(value, np.float32) for name, value in arrays.items()}
        np.savez_compressed(path, **small)

    @classmethod
    def load(cls, path: Path) -> "Gate":
        """Read a gate that `save` wrote; nothing in the file is executed.

        Raises:
            ValueError: the file holds something else.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name].astype(float) for name in stored.files}
            parts = {
                part: kind(
                    **{name: arrays[f"{part}.{name}"] for name in kind.__annotations__}
                )
                for part, kind in PARTS.items()
            }
            return cls(**parts, **{name: arrays[name] for name in OTHERS})
        except (KeyError, OSError, EOFError, ValueError) as error:
            raise ValueError(
                f"{path} holds no gate ({error}). Ship the model again."
            ) from error


def _fit_facts(known: np.ndarray) -> tuple[Ranks, np.ndarray, Subspace, Rule]:
    """Fit the parts of a gate that ask no network, on facts (n, facts.COUNT)."""
    from sklearn.covariance import LedoitWolf

    from braintumor.demo import lookalikes  # draws with scipy; judging spares it

    simple, cells = _split(known)
    ranks, edges = Ranks.fit(simple), Subspace.fit(cells, EDGE_DIRECTIONS)
    shrunk = LedoitWolf(assume_centered=True).fit(ranks.scores(simple))
    strange = _describe(ranks, edges, lookalikes.measure_lookalikes())
    rule = Rule.fit(_describe(ranks, edges, known), strange)
    return ranks, shrunk.precision_, edges, rule


def _root(features: np.ndarray) -> np.ndarray:
    """Return square roots: pooled features are skewed, some by far."""
    return np.sqrt(np.maximum(features, 0))


def _split(facts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ranked simple facts and the edge cells of facts (n, COUNT).

    Saturation and elongation have limits of their own.
    """
    count = len(facts_of.NAMES)
    return facts[:, 2:count], facts[:, count:]


def _describe(ranks: Ranks, edges: Subspace, facts: np.ndarray) -> np.ndarray:
    """Return what the rule sees of facts (n, COUNT)."""
    simple, cells = _split(facts)
    distances = np.stack(edges.distances(cells), axis=1)
    return np.hstack(
        [ranks.scores(simple), edges.coordinates(cells), np.log(distances)]
    )

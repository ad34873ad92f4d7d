"""Who gets which slices: patients, the shipped split, planted repeats.

The shipped split is imperfect on purpose, as in the real sets. About half of its test
patients are unseen; the others have neighbouring slices in training, and some test
slices repeat a training slice.
"""

from dataclasses import dataclass

import numpy as np

PLANES = ("axial", "coronal", "sagittal")
FOLDERS = {
    "glioma": "glioma",
    "meningioma": "meningioma",
    "no_tumor": "notumor",
    "pituitary": "pituitary",
}
# Shares of the four classes as in Nickparvar's 7,023 slices.
CLASS_SHARES = {"glioma": 1621, "meningioma": 1645, "no_tumor": 2000, "pituitary": 1757}
TEST_SHARE = 0.2
# The file itself; its pixels saved anew; mirrored; turned by 90°; enlarged by 1.5 %.
REPEAT_KINDS = ("same_file", "same_pixels", "flipped", "rotated", "rescaled")
SMALLEST, LARGEST = 3, 6  # slices of one patient


# Label, plane, splits and repeats of a patient without a number.
Draft = tuple[str, str, list[str], list[tuple[int, str]]]


@dataclass(frozen=True)
class PatientPlan:
    """What to make of one patient.

    Attributes:
        number: running number; with the seed it decides everything about the patient.
        label: class name.
        plane: how the patient is cut, one of PLANES.
        splits: "Training" or "Testing" for each slice, in order through the head.
        repeats: (slice, kind) of training slices repeated in the test folder.
    """

    number: int
    label: str
    plane: str
    splits: tuple[str, ...]
    repeats: tuple[tuple[int, str], ...] = ()

    @property
    def name(self) -> str:
        """Return the patient's identifier, as in file names."""
        return f"p{self.number:04d}"

    def path(self, position: int) -> str:
        """Return a slice's path; positions after the last are repeats."""
        split = (*self.splits, *("Testing" for _ in self.repeats))[position]
        return f"{split}/{FOLDERS[self.label]}/{self.name}_{position + 1:02d}.png"


def plan_patients(slices: int, seed: int) -> list[PatientPlan]:
    """Return every patient of a set of exactly `slices` slices, repeats included."""
    random = np.random.default_rng(np.random.SeedSequence((seed, 0)))
    repeats = max(len(REPEAT_KINDS), slices // 40)
    plans: list[Draft] = []
    for index, (label, count) in enumerate(class_counts(slices).items()):
        kinds = [REPEAT_KINDS[k % len(REPEAT_KINDS)] for k in range(index, repeats, 4)]
        plans += plan_class(label, count, kinds, random)
    # Numbered in mixed order, so that a patient's number does not tell the class.
    order = random.permutation(len(plans))
    return [
        PatientPlan(number, label, plane, tuple(splits), tuple(repeated))
        for number, (label, plane, splits, repeated) in enumerate(
            (plans[position] for position in order), start=1
        )
    ]


def class_counts(slices: int) -> dict[str, int]:
    """Return the slices per class, summing to `slices`."""
    total = sum(CLASS_SHARES.values())
    counts = {label: slices * share // total for label, share in CLASS_SHARES.items()}
    counts["no_tumor"] += slices - sum(counts.values())
    return counts


def plan_class(
    label: str, count: int, kinds: list[str], random: np.random.Generator
) -> list[Draft]:
    """Return the patients of one class.

    Args:
        label: class name.
        count: slices in all, repeats included.
        kinds: kinds of repeats to plant.
        random: source of patient sizes.
    """
    test = max(4, round(TEST_SHARE * count))
    unseen = max(2, -(-test // 2))
    neighbors = max(0, test - unseen - len(kinds))
    sizes = patient_sizes(count - unseen - len(kinds), random)
    seen = [["Training"] * size for size in sizes]
    donors = max(1, len(patient_sizes(unseen, random)))
    move_neighbors(seen, neighbors, donors)
    repeats = choose_repeats(seen, kinds, donors)
    seen += [["Testing"] * size for size in patient_sizes(unseen, random)]
    repeats += [[] for _ in seen[len(repeats) :]]
    # Planes in turn: with few patients chance alone would tie a plane to a class.
    first = int(random.integers(3))
    planes = [PLANES[(first + k) % 3] for k in range(len(seen))]
    return list(zip([label] * len(seen), planes, seen, repeats, strict=True))


def patient_sizes(count: int, random: np.random.Generator) -> list[int]:
    """Cut `count` slices into patients of 3 to 6, of 2 in the smallest sets."""
    # Small sets need patients to spare, too: validation takes whole ones.
    typical = 4.5 if count > 20 else 3.5 if count > 8 else 2.5
    patients = max(1, round(count / typical))
    sizes = [count // patients + (k < count % patients) for k in range(patients)]
    for _ in range(2 * patients):  # swap single slices: sizes vary, their sum stays
        giver, taker = random.integers(patients, size=2)
        if giver != taker and sizes[giver] > SMALLEST and sizes[taker] < LARGEST:
            sizes[giver] -= 1
            sizes[taker] += 1
    return sizes


def move_neighbors(seen: list[list[str]], neighbors: int, donors: int) -> None:
    """Move every second slice of a few patients into the test folder, in place.

    Args:
        seen: splits of each patient, all in training so far.
        neighbors: slices to move.
        donors: patients to take them from, more only where these do not suffice.
    """
    donors = min(donors, len(seen))
    order = [(k, at) for k in range(donors) for at in range(1, len(seen[k]), 2)]
    order += [
        (k, at) for k in range(donors, len(seen)) for at in range(1, len(seen[k]), 2)
    ]
    for patient, position in order[:neighbors]:
        seen[patient][position] = "Testing"


def choose_repeats(
    seen: list[list[str]], kinds: list[str], donors: int
) -> list[list[tuple[int, str]]]:
    """Return for each patient which training slices are repeated, and how."""
    repeats: list[list[tuple[int, str]]] = [[] for _ in seen]
    donors = min(donors, len(seen))
    for turn, kind in enumerate(kinds):
        patient = turn % donors
        training = [k for k, split in enumerate(seen[patient]) if split == "Training"]
        repeats[patient].append((training[(turn // donors) % len(training)], kind))
    return repeats

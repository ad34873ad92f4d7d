"""Figures of the real sets that stand in prose equal the tracked audit's."""

import json
import re

import pytest

from braintumor import paths

AUDIT = json.loads(
    (paths.results_root() / "audit" / "nickparvar.json").read_text(encoding="utf-8")
)
UNSEEN = AUDIT["test_outside_training_groups"]
SHARE = AUDIT["near_copies_across"] / AUDIT["test_slices"]
# Notebook → sentences, each rendered from the audit; prose that says otherwise fails.
CLAIMS = {
    "01_explore_dataset": [
        f"{AUDIT['pixel_repeats_across']} test slices hold the pixels of a training",
        f"{AUDIT['near_copies_across_upright']} have an upright copy",
        f"**{AUDIT['near_copies_across']} of {AUDIT['test_slices']:,}**",
        f"of {AUDIT['twin_pairs'] // 1000 * 1000:,} not one is a quarter turn",
        f"{AUDIT['slices']:,} slices form about {round(AUDIT['groups'], -1):,} groups",
        f"the largest holds {AUDIT['largest_group']} slices,"
        f" {AUDIT['largest_group'] / AUDIT['slices']:.1%}".replace("%", " %"),
        f"In {AUDIT['label_conflicts_in_groups']} groups the labels disagree",
        f"{AUDIT['near_copies_across']} of {AUDIT['test_slices']:,} test slices"
        f" ({SHARE:.0%})".replace("%", " %"),
        f"the usual upright search finds {AUDIT['near_copies_across_upright']}.",
    ],
    "02_preprocess_images": [
        f"leaves {UNSEEN['glioma']} gliomas, {UNSEEN['meningioma']} meningiomas,"
        f" {UNSEEN['pituitary']} pituitary tumours and no healthy head",
        f"of {AUDIT['test_slices']:,} test slices {sum(UNSEEN.values())} are news",
        f"the strict one keeps {sum(UNSEEN.values())} of {AUDIT['test_slices']:,}",
    ],
}


def prose(name):
    """Return a notebook's mirror as one line without comment signs."""
    file = paths.project_root() / "notebooks" / "text" / f"{name}.py"
    text = re.sub(r"(?m)^# ?", "", file.read_text(encoding="utf-8"))
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("name", "claim"), [(name, c) for name, claims in CLAIMS.items() for c in claims]
)
def test_prose_says_what_the_audit_found(name, claim):
    assert claim in prose(name)


def test_no_healthy_head_is_left():
    assert UNSEEN["no_tumor"] == 0, "01 and 02 say that none is left"


def test_another_figure_would_be_noticed():
    wrong = CLAIMS["01_explore_dataset"][0].replace("216", "217")
    assert wrong not in prose("01_explore_dataset")

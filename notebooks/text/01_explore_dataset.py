# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags
#     notebook_metadata_filter: kernelspec,jupytext,-jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 · Explore the dataset
#
# > Three in four test slices of the most used public set are copies of training slices,
# > half of those mirrored or turned: whoever does not look first measures memory.
#
# | | |
# |---|---|
# | **Needs** | the slices of `dataset` and `binary_dataset`; the phantom set makes itself |
# | **Makes** | `manifests/<source>.csv`, `audit/<source>.json`, `audit/<source>_twins.csv` |
# | **Time** | phantom: half a minute on two cores, a minute more when it is first made · 7,019 real slices: a minute · no GPU |
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/braintumor/braintumor/blob/main/notebooks/01_explore_dataset.ipynb)

# %% tags=["colab"]
import sys

if "google.colab" in sys.modules:
    print("Colab: fetching the project")
    # !git clone -q --depth 1 https://github.com/braintumor/braintumor
    # %cd braintumor
    # %pip install -q .

# %%
import json

import numpy as np
import pandas as pd

from braintumor import parameters
from braintumor.data import (
    audit,
    cache,
    check,
    images,
    manifest,
    repeats,
    sources,
    twins,
)
from braintumor.evaluation import baselines
from braintumor.reporting import data_plots, notebook, plots

# %% tags=["parameters"]
dataset: str = "phantom"  # source of the four-class slices
binary_dataset: str = "phantom"  # source of the tumour-or-none slices
profile: str = "quick"  # quick, cpu, paper or best; only named here
seed: int = 7  # of the slices chosen for show
run: str = "interactive"  # name of the run's folder under data/runs

# %%
settings = parameters.check(globals())

# %%
facts = notebook.start(settings)
paths = notebook.run_paths(settings)
names = list(dict.fromkeys([dataset, binary_dataset]))
folders = {name: sources.locate(name) for name in names}
pd.set_option("display.max_colwidth", 90)
facts

# %% [markdown]
# ## Know where the slices come from
#
# A data set is a claim by somebody: that these are brains, that the labels are right,
# that you may use them. So the first thing to write down is who claims it, where, and
# under which licence. The phantom set claims least. It is cut from one averaged
# healthy brain, deformed anew for each invented patient, with lesions drawn in; it is
# there so that every line below runs anywhere, and it is never a result.

# %%
# NBVAL_CHECK_OUTPUT
origins = pd.DataFrame([vars(sources.get_source(name)) for name in names])
origins = origins.set_index("name")[["title", "licence", "origin"]]
origins.T

# %% [markdown]
# ## Bad files are found before anything trains
#
# A truncated JPEG, a text file called `.jpg`, an empty class folder, a stray
# `.ipynb_checkpoints`: each of these has been trained on by somebody, because the usual
# loaders skip, guess, or make a new class of it. Here every file is opened once, and
# one report lists all that is wrong, with the cure. An *error* stops the notebook; a
# *warning* changes what a score means; a *note* was handled.

# %%
reports = {name: check.check_source(name, folders[name]) for name in names}
for report in reports.values():
    report.raise_for_errors()

# %%
# NBVAL_CHECK_OUTPUT
pd.DataFrame(
    {
        name: {"slices": report.slices}
        | {f"{kind}s": report.count(kind) for kind in check.SEVERITIES}
        for name, report in reports.items()
    }
)

# %%
reports[dataset].problems.head(8)

# %% [markdown]
# **Notice** the warnings: slices of the shipped test folder hold the very pixels of
# training slices. That is the thread that the rest of this notebook pulls.

# %% [markdown]
# ## The manifest is one row per slice
#
# From here on nobody walks through folders. The manifest is a plain table that says of
# each slice where it lies, what it is called, on which side its publisher put it, whose
# it is if that is known, and two hashes: one of the file, one of the decoded pixels. Two
# files with different hashes may hold equal pixels; that is why there are two.

# %%
manifests = {name: manifest.build_manifest(name, folders[name]) for name in names}
slices, root = manifests[dataset], folders[dataset]
shown = ["path", "label", "official_split", "patient_id", "group_id", "width", "mode"]
slices[shown].sample(4, random_state=seed)

# %% [markdown]
# ## The classes are nearly balanced, unlike in a hospital
#
# Before any model, know what guessing scores. Whoever always names the largest class is
# right as often as that class is large, and a score means nothing until it stands
# beside that share. Public sets are built to be balanced, so here guessing does badly; in
# a hospital most heads hold no tumour at all, and the same model would face quite
# another game.

# %%
# NBVAL_CHECK_OUTPUT
sides = slices["official_split"].fillna("no official split")
table = pd.crosstab(slices["label"], sides)
table["share of all, %"] = (100 * table.sum(axis=1) / len(slices)).round(1)
table

# %%
split = "official_split" if sources.get_source(dataset).has_split else None
figure = plots.class_counts(slices, split=split)
notebook.save_figure(figure, "01_class_counts", settings)

# %% [markdown]
# **Figure 1.1.** Slices per class on each side of the official split, all slices of
# `dataset`.
#
# **Notice** the longest bar: its share of the test side is the accuracy of a program
# that never opens an image.

# %% [markdown]
# ## Look at the slices before any number
#
# Four slices per class, drawn by the seed. Say for each where the lesion is before you
# read the class above it. Gliomas grow inside the brain tissue; meningiomas sit on its
# rim, on the skin of the brain; pituitary tumours at its base, in the midline, and are
# small.

# %%
shown = slices.groupby("label").sample(4, random_state=seed)
grid = [images.decode_slice(root / path) for path in shown["path"]]
figure = plots.slice_grid(grid, shown["label"].tolist(), columns=4)
notebook.save_figure(figure, "01_slices", settings)

# %% [markdown]
# **Figure 1.2.** Sixteen slices of `dataset`, four per class, chosen by the seed; grey
# levels 0 to 255 as decoded, no filter.
#
# **Notice** that the head is cut along different planes: from above, from the front,
# from the side. A network must learn each class in all of them; if one plane were common
# in one class only, it would learn the plane instead.

# %% [markdown]
# ## Size and format must not give the class away
#
# In the native files of Nickparvar the rule "not 512 × 512 pixels, so no tumour" is
# right for about 95 % of all slices: the healthy heads came from other web pages than
# the tumours. A network that is fed whole files may learn the file. So ask: how often
# would you be right if you only knew width, height and colour mode?

# %%
# NBVAL_CHECK_OUTPUT
by_format = slices.groupby(["width", "height", "mode"])["label"]
right = by_format.agg(lambda labels: labels.value_counts().iloc[0]).sum()
pd.Series(
    {
        "different formats": by_format.ngroups,
        "right by format, %": round(100 * right / len(slices), 1),
        "right by largest class, %": round(
            100 * slices["label"].value_counts(normalize=True).iloc[0], 1
        ),
    },
    name=dataset,
).to_frame()

# %% [markdown]
# **Notice** whether the second number exceeds the third. Where it does, size is a
# shortcut, and resizing hides it from the eye but not always from the network: scaling
# leaves traces in the texture.

# %% [markdown]
# ## Brightness differs between classes, too
#
# Scanners, contrast agents and export programs leave their hand in the grey levels.
# Some of the difference is medicine (contrast agent makes a meningioma bright), some of
# it is only origin. We read the slices through the cache at 64 pixels, which notebook 02
# explains.

# %%
small = cache.load_slices(slices, root, side=64).images
figure = data_plots.grey_levels(small, slices["label"].to_numpy())
notebook.save_figure(figure, "01_grey_levels", settings)

# %% [markdown]
# **Figure 1.3.** Share of pixels at each grey level above 20, by class, all slices of
# `dataset` at 64 × 64.
#
# **Notice** the class whose curve leaves the others. On Nickparvar it is *no tumor*: its
# tissue spreads over much brighter levels, and those heads came from elsewhere.

# %% [markdown]
# ## The frame alone should know nothing
#
# The four outermost pixels of a slice show air. If they tell tumour from no tumour, a
# network has a way to be right without looking at the brain. On Nickparvar three numbers
# about this frame, its mean, its spread and its share of black, tell tumour from none
# for 96 % of the official test. We keep that program as a baseline in notebook 06.

# %%
features = baselines.measure_borders(np.asarray(small))
figure = data_plots.borders(features, slices["label"].to_numpy())
notebook.save_figure(figure, "01_borders", settings)

# %% [markdown]
# **Figure 1.4.** The 4-pixel frame of all slices at 64 × 64, by class: mean grey level
# (left) and share of black pixels (right); boxes are quartiles.
#
# **Notice** how far the boxes overlap. Where they hardly do, the frame is a label.

# %% [markdown]
# ## What counts as the same slice
#
# Three nets, each wider than the last. **Files** with equal bytes. **Pixels** that are
# equal after decoding, whatever the file. And **near-twins**: shrink each slice to
# 32 × 32, subtract its mean, scale it to unit length; the dot product of two such
# thumbnails is then their correlation. Re-saving, slight scaling or the neighbouring
# slice of the same head stay above 0.95. Every slice meets every other, also mirrored
# and turned, since copies were made that way: 7,019 slices take a quarter of a minute.
#
# What belongs together then becomes a **group**: slices that must never stand on two
# sides of a split. This function is the definition.

# %%
notebook.show_source(audit.assign_groups)

# %%
audits = {name: audit.audit_manifest(manifests[name], folders[name]) for name in names}
found = audits[dataset]

# %%
# NBVAL_CHECK_OUTPUT
counts = {
    name: {key: value for key, value in one.summary.items() if np.isscalar(value)}
    for name, one in audits.items()
}
pd.DataFrame(counts).drop("source")

# %% [markdown]
# **Notice** the rows that end in `across`: test slices that repeat, or nearly repeat, a
# training slice. Compare `near_copies_across` (a twin above 0.999 in any orientation)
# with its `_upright` line. On Nickparvar 216 test slices hold the pixels of a training
# slice and 466 have an upright copy, as others have found; with mirrored and turned
# copies it is **992 of 1,311**.

# %% [markdown]
# ## Most test slices have a relative in training
#
# For each slice we look for its nearest neighbour: for a test slice among the training
# slices, and where a source has no official split, among all other slices. Two different
# heads resemble each other, too, being heads. What lies right of the line is more than
# that.

# %%
thumbs = twins.thumbnails(slices, root)
everyone = np.arange(len(slices))
asked = everyone if split is None else np.flatnonzero(slices[split] == "test")
among = everyone if split is None else np.flatnonzero(slices[split] == "training")
nearest = twins.find_nearest(thumbs, asked, among)

# %%
labels = slices["label"].to_numpy()[asked]
similarities = {
    name: nearest["similarity"].to_numpy()[labels == name] for name in np.unique(labels)
}
figure = plots.similarity_histogram(similarities, threshold=audit.SIMILARITY)
notebook.save_figure(figure, "01_nearest_neighbors", settings)

# %% [markdown]
# **Figure 1.5.** Similarity of each test slice of `dataset` to its nearest training slice
# under eight orientations, stacked by class; dashed: the threshold for twins.
#
# **Notice** the pile at the right edge: those slices need no understanding, only memory.

# %% [markdown]
# ## Look at a pair before you believe a number
#
# The pairs below are twins across the split, one for each orientation that occurs, the
# most similar first. The left one of each pair is the test slice, already laid on its
# training twin.

# %%
across = repeats.pair_across(found.manifest, found.twins)
pairs = across.drop_duplicates("orientation").head(4)
grid, titles = [], []
for pair in pairs.itertuples():
    test = images.decode_slice(root / slices["path"][pair.test])
    grid += [twins.orient(test, pair.orientation)]
    grid += [images.decode_slice(root / slices["path"][pair.training])]
    titles += [f"test, {pair.orientation}", f"training ({pair.similarity:.4f})"]

# %%
if grid:
    figure = plots.slice_grid(grid, titles, columns=4)
else:
    figure = plots.slice_grid([images.decode_slice(root / slices["path"][0])])
notebook.save_figure(figure, "01_twins", settings)

# %% [markdown]
# **Figure 1.6.** Twins across the official split: test slice after the turn named above
# it, training slice with the correlation of their thumbnails. (A source without such
# pairs shows one slice.)
#
# **Notice** that the eye agrees. A lesion at the same spot with the same outline in "two
# patients" is one patient.

# %% [markdown]
# ## A turn that nobody makes is the control
#
# Could mirrored twins be chance, since heads are symmetric? Left and right nearly are,
# top and bottom are not, and nothing about a head survives a quarter turn. In Nickparvar
# seven pairs in ten are mirrored or turned by half, thousands of them head over heels,
# and of 29,000 not one is a quarter turn: so these are no accidents but copies that
# somebody made with the flips of an augmentation program. In figshare, where many of its
# slices come from, no pair is turned by half. A finding is worth more with the control
# that could have refuted it.

# %%
# NBVAL_CHECK_OUTPUT
seen = found.twins["orientation"].value_counts()
seen.reindex(list(twins.ORIENTATIONS), fill_value=0).rename("pairs").to_frame()

# %% [markdown]
# ## On phantoms the answer is known
#
# The phantom set plants repeats and writes down which: the same file, the same pixels
# saved again, a flip, a turn, a slight rescaling. An audit that misses one of them is
# broken, so this cell asserts it. Real sets come without such a key, which is why a
# phantom is worth its while.

# %%
# NBVAL_CHECK_OUTPUT
key = root / "slices.csv"
planted = pd.read_csv(key).dropna(subset="repeat_of") if key.is_file() else None
if planted is not None:
    place = pd.Series(everyone, index=slices["path"])
    ends = zip(place[planted["path"]], place[planted["repeat_of"]], strict=True)
    known = set(zip(found.twins["left"], found.twins["right"], strict=True))
    planted["found"] = [(min(pair), max(pair)) in known for pair in ends]
    assert planted["found"].all(), "the audit missed a planted repeat"
    planted = planted.groupby("repeat_kind")["found"].agg(["sum", "size"])
planted

# %% [markdown]
# ## Groups chain, so watch the largest
#
# If A is a twin of B and B of C, all three are one group, though A and C may hardly
# look alike. Chains can run away: with a loose threshold everything becomes one group
# and nothing can be tested. The table walks the threshold up. Groups should be many, and
# the largest a small part of the set.

# %%
# NBVAL_CHECK_OUTPUT
rows = {}
for threshold in (0.95, 0.96, 0.97, 0.98, 0.99, 0.999):
    closer = found.twins[found.twins["similarity"] > threshold]
    sizes = audit.assign_groups(slices, closer).value_counts()
    rows[threshold] = {
        "pairs": len(closer),
        "groups": len(sizes),
        "largest group": sizes.max(),
        "slices alone": (sizes == 1).sum(),
    }
pd.DataFrame.from_dict(rows, orient="index").rename_axis("similarity above")

# %%
figure = data_plots.group_sizes(found.manifest)
notebook.save_figure(figure, "01_group_sizes", settings)

# %% [markdown]
# **Figure 1.7.** Number of groups by size at similarity 0.95, all slices of `dataset`.
#
# **Notice** how short the tail is. On Nickparvar 7,019 slices form about 2,570 groups and
# the largest holds 83 slices, 1.2 % of the set, all of one class: no runaway chain. (In
# 14 groups the labels disagree: either the chain or a label is wrong there.) On
# phantoms the patients are known, and no twin joins two of them.

# %% [markdown]
# ## What is left to test honestly
#
# A test slice is honest if no slice of its group was in training. The last line is what
# a report should rest on, and it may be bitter: of Nickparvar's 405 *no tumor* test
# slices **none** is left, so on its official split nobody can measure a false alarm
# without measuring memory. Cross-validation by group, in notebook 02, is the way out.

# %%
# NBVAL_CHECK_OUTPUT
test_labels = slices["label"][slices["official_split"] == "test"]
honest = pd.DataFrame(
    {
        "test slices": test_labels.value_counts(),
        "without a twin in training": found.summary["test_without_twin"],
        "outside all training groups": found.summary["test_outside_training_groups"],
    }
)
honest.fillna(0).astype(int).rename_axis("class").T

# %% [markdown]
# ## Keep what was found
#
# The manifest, now with its groups, and the audit go into the run's folder. Later
# notebooks read these files, not the folders of images, so nobody can forget the groups.

# %%
made = []
for name, one in audits.items():
    made.append(manifest.save_manifest(one.manifest, paths.manifest(name)))
    made += audit.save_audit(one, paths.audit(name).parent, name)

# %%
# NBVAL_CHECK_OUTPUT
for name in names:
    again = manifest.load_manifest(paths.manifest(name))
    assert again["slice_id"].is_unique and (again["group_id"] >= 0).all()
    assert (again.groupby("pixel_sha256")["group_id"].nunique() == 1).all()
    assert (again.groupby("patient_id")["group_id"].nunique() == 1).all()
    assert json.loads(paths.audit(name).read_text())["slices"] == len(again)
notebook.require_made(made)

# %% [markdown]
# ## Summary
#
# - Every file was opened and checked before use, and every slice has one row.
# - Size, brightness and even the frame of a slice can carry its label; a score must be
#   set beside programs that know only those.
# - Repeats hide behind re-saving, mirroring and turning. On Nickparvar 992 of 1,311 test
#   slices (76 %) have a copy in training; the usual upright search finds 466.
# - Groups join twins and patients; no group may stand on two sides.
# - No *no tumor* test slice of Nickparvar lies outside the training groups.
#
# ## Exercises
#
# 1. Predict how many twins are left if the search is upright only, then call
#    `twins.find_twins(thumbs, orientations=False)` and compare.
#    <details><summary>Solution</summary>Exactly the rows of <code>found.twins</code>
#    whose <code>upright</code> exceeds 0.95; on Nickparvar about 10,000 of
#    29,000.</details>
# 2. Copy a few slices into a folder of your own, cut one of them in half, add a text
#    file called <code>notes.jpg</code>, and run <code>check.check_source(dataset,
#    folder)</code>. What is an error, what a note?
#    <details><summary>Solution</summary>Both are errors: neither decodes. The report
#    names them, and <code>raise_for_errors</code> lists both at once rather than
#    stopping at the first.</details>
# 3. Make thumbnails of side 8 and look for twins. What happens to the largest group?
#    <details><summary>Solution</summary>At 8 × 8 every head is an oval: thousands of
#    pairs, and chains that swallow much of the set. A thumbnail must be large enough to
#    tell two heads apart.</details>
#
# ## Next
#
# [02 · Preprocess the images](02_preprocess_images.ipynb) turns files into arrays, and
# groups into sides that do not leak.
#
# ## References
#
# - Nickparvar, *Brain Tumor MRI Dataset*, Kaggle (2021); Cheng, *brain tumor dataset*,
#   figshare (2017).
# - Kapoor and Narayanan, *Leakage and the reproducibility crisis in machine-learning-based
#   science*, Patterns (2023).
# - Barz and Denzler, *Do we train on test data? Purging CIFAR of near-duplicates*, Journal
#   of Imaging (2020).
# - DeGrave, Janizek and Lee, *AI for radiographic COVID-19 detection selects shortcuts over
#   signal*, Nature Machine Intelligence (2021).
# - Fonov et al., *Unbiased average age-appropriate atlases for pediatric studies*,
#   NeuroImage (2011): the anatomy behind the phantoms.

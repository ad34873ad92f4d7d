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
# # 02 · Preprocess the images
#
# > A validation side that is cut slice by slice has a near-twin in training for three
# > slices in four (Nickparvar, 630 of 857); cut by group it has none.
#
# | | |
# |---|---|
# | **Needs** | `manifests/<source>.csv` from [01](01_explore_dataset.ipynb), and the slices |
# | **Makes** | `splits/<source>.csv`, and the cached arrays that 03 to 06 read |
# | **Time** | phantom: ten seconds on two cores · 7,019 real slices: one to two minutes · no GPU |
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/braintumor/braintumor/blob/main/notebooks/02_preprocess_images.ipynb)

# %% tags=["colab"]
import sys

if "google.colab" in sys.modules:
    print("Colab: fetching the project")
    # !git clone -q --depth 1 https://github.com/braintumor/braintumor
    # %cd braintumor
    # %pip install -q .

# %%
import io
from dataclasses import asdict, astuple

import cv2
import numpy as np
import pandas as pd
from PIL import ExifTags, Image
from sklearn.model_selection import train_test_split

from braintumor import parameters
from braintumor.data import augment, cache, images, manifest, smoothing, sources, splits
from braintumor.modeling import recipes
from braintumor.reporting import data_plots, notebook, plots

# %% tags=["parameters"]
dataset: str = "phantom"  # source of the four-class slices
binary_dataset: str = "phantom"  # source of the tumour-or-none slices
profile: str = "quick"  # quick, cpu, paper or best: which sides and filters to cache
seed: int = 7  # of the split, and of the slices chosen for show
run: str = "interactive"  # name of the run's folder under data/runs
side: int | None = None  # pixels of the square input; None: the recipes'

# %%
settings = parameters.check(globals())

# %%
facts = notebook.start(settings)
paths = notebook.run_paths(settings)
names = list(dict.fromkeys([dataset, binary_dataset]))
for name in names:
    notebook.require(paths.manifest(name), made_by="01_explore_dataset")
folders = {name: sources.locate(name) for name in names}
pd.set_option("display.max_colwidth", 90)
facts

# %%
manifests = {name: manifest.load_manifest(paths.manifest(name)) for name in names}
slices, root = manifests[dataset], folders[dataset]
example = slices[slices["label"] != "no_tumor"].sample(1, random_state=seed).iloc[0]
grey = images.decode_slice(root / example["path"])


# %% [markdown]
# ## One decoder, or the model meets other pixels in the clinic
#
# A notebook reads with one library, the web page with another, and they disagree:
# Pillow clips 16-bit grey to white, forgets the orientation that a phone wrote into the
# file, and shows the colours that hide under transparent pixels. Nobody notices, since
# all of them return *an* image. So every slice of this project goes through one function.
# To see it work we save the same slice in three awkward ways.

# %%
def save_png(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


turned = Image.Exif()
turned[ExifTags.Base.Orientation] = 6  # "turn me a quarter clockwise"
air = grey < 30
clear = np.dstack([np.where(air, 255, grey)] * 3 + [np.where(air, 0, 255)])
awkward = {
    "16 bits per pixel": save_png(Image.fromarray(grey.astype(np.uint16) * 257)),
    "turned by EXIF": save_png(Image.fromarray(np.rot90(grey)), exif=turned),
    "transparent air": save_png(Image.fromarray(clear.astype(np.uint8))),
}

# %%
opened = [Image.open(io.BytesIO(file)) for file in awkward.values()]
naive = [np.asarray(image.convert("L")) for image in opened]
decoded = [images.decode_slice(file) for file in awkward.values()]
titles = [f"{name}, naive" for name in awkward] + ["one decoder"] * 3
figure = plots.slice_grid(naive + decoded, titles, columns=3)
notebook.save_figure(figure, "02_decoder", settings)

# %% [markdown]
# **Figure 2.1.** One slice, saved in three awkward ways: read by `Image.open(…)
# .convert("L")` (top) and by `images.decode_slice` (bottom); grey levels 0 to 255.
#
# **Notice** the white square: all of a 16-bit file above level 255 of 65,535 is clipped.

# %%
# NBVAL_CHECK_OUTPUT
pd.DataFrame(
    {
        "mean grey level, naive": [image.mean() for image in naive],
        "mean grey level, decoder": [image.mean() for image in decoded],
        "equals the original": [np.array_equal(image, grey) for image in decoded],
    },
    index=list(awkward),
).round(1)

# %% [markdown]
# **Notice** that the first two come back to the last bit. The third cannot: where pixels
# were transparent their grey level is gone, and black is the honest guess for air.

# %% [markdown]
# ## Grey stays grey until the last moment
#
# Backbones trained on photographs want three colour channels; a slice has one. Repeating
# it three times adds nothing but memory, so files and caches keep one channel, and
# `batches` repeats it for the few slices that are on their way into the network.

# %%
# NBVAL_CHECK_OUTPUT
three = np.repeat(grey[..., None], 3, axis=-1)
assert (three == grey[..., None]).all()
{"in the cache": grey.shape, "in a batch": three.shape}

# %% [markdown]
# ## Every side is a compromise
#
# Cost grows with the square of the side; detail dies with it. A tumour 10 mm wide covers
# ten pixels at side 224 and two at 48. When a slice shrinks, each new pixel averages the
# area that it replaces; picking every n-th pixel instead would turn fine texture into
# false patterns.

# %%
sides = (224, 150, 96, 64, 48)
shown = [cache.preprocess_slice(grey, side=n, filtering=None) for n in sides]
figure = plots.slice_grid(shown, [f"{n} × {n}" for n in sides], columns=5)
notebook.save_figure(figure, "02_sides", settings)

# %% [markdown]
# **Figure 2.2.** The same slice at the sides that the recipes use, drawn equally large.
#
# **Notice** where the rim of the lesion stops being a line. What the eye has lost there,
# the network has lost as well.

# %%
# NBVAL_CHECK_OUTPUT
chosen = {m: recipes.get_recipe(m, profile, side=side) for m in recipes.MODELS}
pd.DataFrame(
    {
        model: {
            "data set": binary_dataset if model.endswith("_binary") else dataset,
            "side, pixels": recipe.side,
            "bilateral filter": str(recipe.filtering and asdict(recipe.filtering)),
        }
        for model, recipe in chosen.items()
    }
).T

# %% [markdown]
# ## A filter with a diameter of 2 is not what it says
#
# A bilateral filter averages neighbours that are near **and** of similar grey, so noise
# goes and edges stay. The well-known recipe calls it with diameter 2. OpenCV rounds that
# to a radius of 1: the pixel and its four neighbours, which is too few to tell noise from
# edge. It is often said that such a filter does nothing. Do not believe it; measure it.
# First, that the diameter is ignored:

# %%
square = cache.preprocess_slice(grey, side=150, filtering=None)
for diameter in (1, 3):
    same = cv2.bilateralFilter(square, diameter, 50, 50)
    assert np.array_equal(same, cv2.bilateralFilter(square, 2, 50, 50))

# %% [markdown]
# Now what it does. `change` is the mean absolute change in grey levels;
# `texture_kept` the share of fine grain left inside the tissue, which is mostly noise;
# `edges_kept` the share of contrast left at the strongest edges, which is anatomy. Beside
# it stand the plain mean of the same five pixels, and the filter of our own recipes:
# diameter 5, so that 13 pixels vote, and a narrower tolerance of 25 grey levels.

# %%
# NBVAL_CHECK_OUTPUT
sample = slices["path"].sample(60, random_state=seed)
decoded = [images.decode_slice(root / path) for path in sample]
plain = np.stack([cache.preprocess_slice(g, side=150, filtering=None) for g in decoded])
cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.float32) / 5
filtered = {"mean of five pixels": [cv2.filter2D(one, -1, cross) for one in plain]}
for title, kind in {
    "published, d = 2": cache.PUBLISHED_FILTER,
    "ours, d = 5": cache.BilateralFilter(),
}.items():
    filtered[title] = [cv2.bilateralFilter(one, *astuple(kind)) for one in plain]
filtered = {name: np.stack(after) for name, after in filtered.items()}
measured = {n: smoothing.measure_smoothing(plain, f) for n, f in filtered.items()}
pd.DataFrame(measured).T.round(2)

# %%
first = {name: after[0] for name, after in filtered.items()}
figure = data_plots.filter_changes(plain[0], first)
notebook.save_figure(figure, "02_filters", settings)

# %% [markdown]
# **Figure 2.3.** One slice at side 150 without a filter and after each of three (top), and
# the absolute change in grey levels (bottom).
#
# **Notice** where the light is. The five-pixel mean glows along every edge: it blurs the
# anatomy. The published filter is a milder copy of it. Ours changes about as much in
# total, but spreads it over the grain and leaves the outlines sharper.
#
# Of sixty Nickparvar slices at side 150 the published filter keeps 58 % of the texture and
# 90 % of the edges, ours 64 % and 96 %, the plain mean 48 % and 77 %. So the published
# filter does not *do nothing*: it is half a blur, and takes from the anatomy what it
# should take from the noise.

# %% [markdown]
# ## The cache: decode once, read for ever
#
# Decoding, resizing and filtering cost milliseconds per slice and are the same in every
# epoch. They are done once into one array of bytes on disk, which later runs open without
# reading it: a *memory map* hands over just the pages that are asked for. Its name is a
# hash of all that made it, so a changed file, side or filter gets an array of its own. It
# is written under a temporary name and renamed when whole; kill the building half-way,
# and the next call takes up where it stopped.

# %%
# NBVAL_CHECK_OUTPUT
recipe = chosen["densenet121_four_class"]
stored = cache.load_slices(slices, root, side=recipe.side, filtering=recipe.filtering)
again = cache.load_slices(slices, root, side=recipe.side, filtering=recipe.filtering)
other = cache.cache_key(slices, side=recipe.side, filtering=None)
assert again.path == stored.path and other != stored.key
{
    "kind": type(stored.images).__name__,
    "shape": stored.images.shape,
    "type": str(stored.images.dtype),
    "megabytes": round(stored.images.nbytes / 1e6, 2),
    "can be written to": stored.images.flags.writeable,
}

# %% [markdown]
# ## Augmentation: each slice, a little different each time
#
# A turned, shifted, mirrored or brighter brain is still the same brain. Showing it that
# way teaches the network to ignore position and brightness, and is worth more than
# another layer. Ranges are a claim about the world, though: a brain upside down does not
# come up in a clinic, so no recipe turns by 180°. Each draw is keyed by (seed, epoch,
# slice) and not by the order of calls, so a resumed training sees the very same slices.

# %%
whole = recipe.augmentation
position = slices.index.get_loc(example.name)
image = np.asarray(stored.images[position])
keys = [(seed, epoch, position) for epoch in range(20)]
key = next(k for k in keys if augment.draw_warp(whole, recipe.side, k)[0][0, 0] < 0)
shown, titles = [image], ["as stored"]
for name, value in asdict(whole).items():
    alone = augment.Augmentation(**{name: value})
    shown.append(augment.augment_slice(image, alone, key))
    titles.append(f"{name}: {value}")
for _, epoch, _ in keys[:2]:
    shown.append(augment.augment_slice(image, whole, (seed, epoch, position)))
    titles.append(f"all, epoch {epoch}")
figure = plots.slice_grid(shown, titles, columns=4)
notebook.save_figure(figure, "02_augmentation", settings)

# %% [markdown]
# **Figure 2.4.** One slice of the cache; each augmentation of the recipe alone, with its
# range; and all of them together in two epochs.
#
# **Notice** that each one alone is so mild that you have to look for it. Together they
# give every epoch a slice that it has not seen. `flip` mirrors every second time; the
# single panels are drawn from an epoch in which it does.

# %%
once, twice = (augment.augment_slice(image, whole, key) for _ in range(2))
later = augment.augment_slice(image, whole, (seed, key[1] + 1, position))
assert np.array_equal(once, twice), "the same key must give the same slice"
assert not np.array_equal(once, later), "another epoch must give another slice"

# %% [markdown]
# ## Validation is cut by group
#
# Validation chooses: the epoch, the learning rate, the recipe. If its slices have twins
# in training it chooses whatever remembers best. Compare the usual cut, slice by slice
# and stratified, with a cut that moves whole groups: how many validation slices have a
# relative in training?

# %%
views = {name: splits.add_views(frame, seed=seed) for name, frame in manifests.items()}
frame = views[dataset]

# %%
# NBVAL_CHECK_OUTPUT
rest = frame[frame["as_shipped"] != "test"]
share = (rest["as_shipped"] == "validation").mean()
_, usual = train_test_split(
    rest, test_size=share, stratify=rest["label"], random_state=seed
)
by_group = rest[rest["as_shipped"] == "validation"]
cuts = {"slice by slice": usual, "whole groups": by_group}
table = {}
for name, cut in cuts.items():
    related = cut["group_id"].isin(rest.drop(index=cut.index)["group_id"])
    table[name] = [len(cut), related.sum()]
columns = ["validation slices", "with a relative in training"]
pd.DataFrame.from_dict(table, orient="index", columns=columns)

# %% [markdown]
# **Notice** the last column. On phantoms nearly every slice of the usual cut has a sibling
# in training. On Nickparvar 630 of 857 have a near-twin there.

# %% [markdown]
# ## Three views of one test side
#
# Training and validation are the same in all three views, so one model is trained and
# judged three times. **As shipped** is the official test, which is what papers report.
# **Deduplicated** drops test slices whose file or pixels occur elsewhere.
# **Group-disjoint** drops every test slice that has a relative in training or validation.
# The gap between the first and the last score is what memory was worth.

# %%
# NBVAL_CHECK_OUTPUT
counts = splits.count_views(frame)
counts

# %%
figure = data_plots.view_counts(counts)
notebook.save_figure(figure, "02_views", settings)

# %% [markdown]
# **Figure 2.5.** Test slices of `dataset` per class in each view.
#
# **Notice** which class shrinks most. On Nickparvar group-disjoint leaves 162 gliomas, 13
# meningiomas, 18 pituitary tumours and no healthy head at all: of 1,311 test slices 193 are
# news to the model. Specificity cannot be measured on them, and 06 says so instead of
# printing a number.

# %% [markdown]
# ## A leak stops everything
#
# A promise that nobody checks will be broken by the next clever line of code. So the
# three views are checked when they are made and again when they are read. Here one
# test slice is smuggled into a training group:

# %%
smuggled = frame.copy()
tested = smuggled.index[smuggled["group_disjoint"] == "test"][0]
trained = smuggled.index[smuggled["group_disjoint"] == "training"][0]
smuggled.loc[tested, "group_id"] = smuggled.loc[trained, "group_id"]
try:
    splits.require_disjoint(smuggled, "group_disjoint")
except splits.LeakError as error:
    print(type(error).__name__, "·", error)
else:
    raise AssertionError("the leak was not seen")

# %% [markdown]
# ## Where the official test is spoilt, fold
#
# If honest test slices are too few, use all slices: deal the groups into five folds, train
# five times, and let each fold be the test of the model that has not seen it. Groups stay
# whole and classes stay even. It costs five trainings, which is why it is not the default.

# %%
# NBVAL_CHECK_OUTPUT
fold = splits.group_folds(frame, folds=5, seed=seed)
assert (fold.groupby(frame["group_id"]).nunique() == 1).all()
pd.crosstab(fold, frame["label"])

# %% [markdown]
# ## Keep the split, build the caches
#
# The split goes into the run's folder as one table: the manifest with a column per view.
# The arrays that the three models read are built now, so that training starts at once.

# %%
made = [
    manifest.save_manifest(table, paths.splits(name)) for name, table in views.items()
]
for model, recipe in chosen.items():
    name = binary_dataset if model.endswith("_binary") else dataset
    cache.load_slices(
        views[name], folders[name], side=recipe.side, filtering=recipe.filtering
    )

# %%
# NBVAL_CHECK_OUTPUT
for name in names:
    table = manifest.load_manifest(paths.splits(name))
    for view in splits.VIEWS:
        splits.require_disjoint(table, view)
    assert set(table["as_shipped"]) == {"training", "validation", "test"}
    assert table["slice_id"].tolist() == manifests[name]["slice_id"].tolist()
notebook.require_made(made)

# %% [markdown]
# ## Summary
#
# - One decoder reads every slice, and returns 16-bit and turned files to the last bit.
# - The published bilateral filter (d = 2) is a soft five-pixel blur: it changes as much as
#   ours and keeps 90 % of the edges of Nickparvar's slices, ours 96 %.
# - Slices are decoded, resized and filtered once, into a memory map named by what made it.
# - Validation moves whole groups; a leak between training and validation, or into the
#   strict test, raises an error.
# - Three views share one training side. On Nickparvar the strict one keeps 193 of 1,311
#   test slices, none of them without a tumour.
#
# ## Exercises
#
# 1. Predict what `sigma_color=200` does to the row of our filter, then add it to `tried`.
#    <details><summary>Solution</summary>With such a tolerance nearly every neighbour
#    counts, edge or not: the filter becomes an ordinary blur and
#    <code>edges_kept</code> falls far below 0.9.</details>
# 2. Shrink a slice to 48 pixels by picking every n-th pixel
#    (`cv2.resize(…, interpolation=cv2.INTER_NEAREST)`) and compare its `slice_grid` with
#    Figure 2.2.
#    <details><summary>Solution</summary>Thin lines, such as the skull, break into dots
#    and steps: frequencies that the small grid cannot hold come back as false ones.
#    </details>
# 3. Cut validation with `validation_fraction=0.3`. Which of the three test sides changes?
#    <details><summary>Solution</summary>None. Test slices are dropped for having a
#    relative in training *or* validation, and moving groups between those two changes
#    neither the official test nor what is dropped from it.</details>
#
# ## Next
#
# [03 · Train VGG19 to tell tumour from no tumour](03_train_vgg19_binary.ipynb).
#
# ## References
#
# - Tomasi and Manduchi, *Bilateral filtering for gray and color images*, ICCV (1998).
# - Shorten and Khoshgoftaar, *A survey on image data augmentation for deep learning*,
#   Journal of Big Data (2019).
# - Yagis et al., *Effect of data leakage in brain MRI classification using 2D
#   convolutional neural networks*, Scientific Reports (2021).
# - Kaufman et al., *Leakage in data mining: formulation, detection, and avoidance*, ACM
#   TKDD (2012).

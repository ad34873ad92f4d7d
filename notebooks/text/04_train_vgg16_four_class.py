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
# # 04 · Train VGG16 to name the tumour
#
# > A frozen backbone gives the same features in every epoch, so they are computed
# > once: twenty epochs on the head cost little more than one pass.
#
# | | |
# |---|---|
# | **Needs** | `splits/<dataset>.csv` and the cached slices, from [02](02_preprocess_images.ipynb) |
# | **Makes** | `models/vgg16_four_class/`: `model.weights.h5`, `contract.json`, `history.csv` |
# | **Time** | quick: a minute or two on two cores · cpu: half an hour · paper: minutes on a GPU |
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/braintumor/braintumor/blob/main/notebooks/04_train_vgg16_four_class.ipynb)

# %% tags=["colab"]
import sys

if "google.colab" in sys.modules:
    print("Colab: fetching the project")
    # !git clone -q --depth 1 https://github.com/braintumor/braintumor
    # %cd braintumor
    # %pip install -q .

# %%
from braintumor import parameters

# %% tags=["parameters"]
dataset: str = "phantom"  # source of the slices
profile: str = "quick"  # quick, cpu, paper or best: which recipe
seed: int = 7  # of weights, order, augmentation and dropout
run: str = "interactive"  # name of the run's folder under data/runs
epochs: int | None = None  # passes over the training side; None: the recipe's
side: int | None = None  # pixels of the square input; None: the recipe's
learning_rate: float | None = None  # None: the recipe's
batch_size: int | None = None  # slices per step; None: the recipe's

# %%
settings = parameters.check(globals())

# %%
from dataclasses import replace

import numpy as np
import pandas as pd

from braintumor.data import batches, manifest, sources
from braintumor.evaluation import metrics
from braintumor.modeling import artifact, backbones, inputs, recipes, training
from braintumor.reporting import notebook, plots, training_tables

# %%
facts = notebook.start(settings, keras=True)
paths = notebook.run_paths(settings)
recipe = recipes.get_recipe("vgg16_four_class", profile, **settings.overrides())
splits_file = notebook.require(paths.splits(dataset), made_by="02_preprocess_images")
facts

# %% [markdown]
# ## One recipe is published, another fits this machine
#
# The recipe behind the published 97 % starts from ImageNet weights, divides grey
# levels by 255 and trains only a new head for twenty epochs with Adam at 0.001, on
# slices that are turned, shifted, mirrored and lit anew in each epoch. Profile `paper`
# is that recipe. The others change what their machine or their aim demands, and the
# table says what.

# %%
# NBVAL_CHECK_OUTPUT
published = recipes.get_recipe("vgg16_four_class", "paper")
pd.DataFrame(
    {
        "published": recipes.describe_recipe(published),
        "this run": recipes.describe_recipe(recipe),
    }
)

# %% [markdown]
# ## Training and validation are all that this notebook may see
#
# The split manifest names a side for each slice. Only two of them are loaded here:
# **training**, to learn from, and **validation**, to choose the epoch. No group of
# near-twins stands on both, or the validation loss would reward memory. The test side
# stays shut until notebook 06.

# %%
# NBVAL_CHECK_OUTPUT
splits = manifest.load_manifest(splits_file)
data = inputs.load_training_data(splits, sources.locate(dataset), recipe)
seen = splits["as_shipped"].isin(["training", "validation"])
pd.crosstab(splits["label"][seen], splits["as_shipped"][seen])

# %% [markdown]
# ## Each epoch sees the slices a little differently
#
# A turned or shifted brain is still the same brain, so the training side is augmented:
# one affine warp and one brightness factor per slice. They are drawn from the key
# (seed, epoch, slice), not from a running generator, so a training that was killed and
# resumed sees exactly what it would have seen.

# %%
shown = batches.SliceBatches(
    data.slices.images,
    data.labels,
    data.training[:1].repeat(8),
    classes=len(recipe.classes),
    batch_size=1,
    seed=seed,
    augmentation=recipe.augmentation,
)
drawn = []
for shown.epoch in range(8):
    drawn.append(shown[0][0][0, ..., 0])
figure = plots.slice_grid(np.stack(drawn), [f"epoch {n + 1}" for n in range(8)])
notebook.save_figure(figure, "04_augmentation", settings)

# %% [markdown]
# **Figure 4.1.** One training slice as the first eight epochs see it: rotation, shift,
# zoom, mirror and brightness within the recipe's ranges.
#
# **Notice** the black wedges at the rim: what moves in from outside is black, like the
# air around a head. A real scan has no bright background, and neither has ours.

# %% [markdown]
# ## VGG16 is a backbone with a head
#
# Thirteen convolutions turn a slice into a small map of 512 features; the head turns
# that map into four probabilities. Normalisation is a layer inside the network, so
# whoever calls it later, here or on a web page, hands over plain grey levels 0–255.

# %%
# NBVAL_CHECK_OUTPUT
training.set_seed(seed, deterministic=True)
untrained = backbones.build_classifier(recipe)
pd.Series(backbones.count_parameters(untrained), name="parameters").to_frame()

# %% [markdown]
# ## The head trains on stored features
#
# While the backbone is frozen, a slice has the same features in every epoch. So they
# are computed once for each augmented view, kept as 16-bit floats, and the head trains
# on the stored maps. This is the function that does it.

# %%
notebook.show_source(training._batches)

# %% [markdown]
# ## Training resumes where it was killed
#
# After each epoch one file is written that holds weights, optimizer, dropout's random
# state, the best value and every counter. Kill this cell and run it again: it goes on,
# and ends with the same weights to the last bit.

# %%
folder = paths.model("vgg16_four_class")
trained = training.train(recipe, data, folder / "checkpoint", seed=seed)
training_tables.tabulate_epochs(trained.history)

# %%
figure = plots.learning_curves(
    trained.history.drop(columns="epoch"), chosen_epoch=trained.best_epoch + 1
)
notebook.save_figure(figure, "04_learning_curves", settings)

# %% [markdown]
# **Figure 4.2.** Loss and accuracy by epoch, on training (thin) and validation (bold)
# slices; the ring marks the lowest validation loss of the last phase: the weights of
# that epoch are kept.
#
# **Notice** the height of ln 4 ≈ 1.386: it is the loss of a network that gives all four
# classes the same chance. The rehearsal on phantoms, from noise and in a few dozen steps,
# hardly leaves it. Trained on real slices for longer, the curve falls well below.

# %% [markdown]
# ## Validation says how far it came, not how good it is
#
# The epoch was chosen on these very slices, so their accuracy is a little flattered.
# It is good for comparing epochs and for finding mistakes. It is no result: the result
# is notebook 06's, on slices that decided nothing.

# %%
told = {"dataset": dataset} | training.describe_training(trained, data, seed)
pd.Series(told, name="value").to_frame()

# %% [markdown]
# ## The artifact answers like the model it came from
#
# An artifact is a folder: weights, history, and a contract with the recipe and a
# SHA-256 of every file, checked before anything is opened. Loaded again, it must give
# the same probabilities.

# %%
model = trained.classifier.model
artifact.save_artifact(model, recipe, folder, history=trained.history, facts=told)
loaded = artifact.load_artifact(folder)
images = data.slices.images[data.validation]
probabilities = artifact.predict(loaded, images)
before = artifact.predict(replace(loaded, model=model), images)
assert np.array_equal(probabilities, before), "the reloaded model answers differently"

# %%
answers = metrics.count_answers(
    data.labels[data.validation], probabilities.argmax(axis=1), recipe.classes
)
figure = plots.confusion(answers, recipe.classes)
notebook.save_figure(figure, "04_validation_confusion", settings)

# %% [markdown]
# **Figure 4.3.** Validation slices by true class (rows) and answer (columns), as counts
# and row percentages; n is the table's `validation_slices`.
#
# **Notice** which two classes are mixed up most. Gliomas and meningiomas both stain
# bright with contrast agent; what tells them apart is where they sit.

# %%
# NBVAL_CHECK_OUTPUT
assert not np.intersect1d(data.training, data.validation).size
notebook.require_made(
    folder / name for name in ("model.weights.h5", "contract.json", "history.csv")
)

# %% [markdown]
# ## Summary
#
# - Features of a frozen backbone are computed once per view and reused in all epochs.
# - Validation chose the epoch; the test side has not been opened.
# - The artifact carries its recipe and hashes, and answers as the trained model did.
#
# ## Exercises
#
# 1. Predict what happens to Figure 4.2 with `learning_rate` ten times as high, then run
#    it under another `run` name.
#    <details><summary>Solution</summary>The loss jumps in the first epochs and may
#    settle at ln 4 ≈ 1.386, which is guessing: VGG has no normalisation layers that
#    would catch too large a step.</details>
# 2. Give the head features of a single view (`views=1` in the recipe) and compare the
#    gap between training and validation loss.
#    <details><summary>Solution</summary>The gap grows: without fresh views the head
#    learns the training slices by heart.</details>
# 3. Kill the training cell in its second epoch, run it again, and compare
#    `checkpoint.hash_values` with an undisturbed run.
#    <details><summary>Solution</summary>The hashes are equal on one machine: all that
#    decides the next step is in the checkpoint.</details>
#
# ## Next
#
# [05 · Train DenseNet121](05_train_densenet121_four_class.ipynb), a network that does
# have normalisation layers, and a trap in them.
#
# ## References
#
# - Simonyan and Zisserman, *Very deep convolutional networks for large-scale image
#   recognition* (2015).
# - He et al., *Delving deep into rectifiers* (2015): how to start such a network from
#   noise.

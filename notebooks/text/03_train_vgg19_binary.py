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
# # 03 · Train VGG19 to tell tumour from no tumour
#
# > A network that has learnt nothing is right as often as the larger class is large:
# > accuracy cannot tell the two apart, the table of its errors can.
#
# | | |
# |---|---|
# | **Needs** | `splits/<binary_dataset>.csv` and the cached slices, from [02](02_preprocess_images.ipynb) |
# | **Makes** | `models/vgg19_binary/`: `model.weights.h5`, `contract.json`, `history.csv` |
# | **Time** | quick: two to three minutes on two cores · cpu: ten minutes · paper: minutes on a GPU |
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/braintumor/braintumor/blob/main/notebooks/03_train_vgg19_binary.ipynb)

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
binary_dataset: str = "phantom"  # source of the slices
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

from braintumor.data import manifest, sources
from braintumor.evaluation import metrics
from braintumor.modeling import artifact, backbones, inputs, recipes, training
from braintumor.reporting import notebook, plots, training_tables

# %%
facts = notebook.start(settings, keras=True)
paths = notebook.run_paths(settings)
recipe = recipes.get_recipe("vgg19_binary", profile, **settings.overrides())
splits_file = paths.splits(binary_dataset)
notebook.require(splits_file, made_by="02_preprocess_images")
facts

# %% [markdown]
# ## One recipe is published, another fits this machine
#
# Binary notebooks on Navoneel's 253 slices report about 80 % with VGG19: ImageNet
# weights, slices of 224 pixels that are turned, scaled and mirrored, and a new head
# trained by stochastic gradient descent with momentum 0.9, early stopping and
# learning-rate drops. Its output is a softmax over two classes, so the two
# probabilities sum to one and the same code serves two classes or four.

# %%
# NBVAL_CHECK_OUTPUT
published = recipes.get_recipe("vgg19_binary", "paper")
pd.DataFrame(
    {
        "published": recipes.describe_recipe(published),
        "this run": recipes.describe_recipe(recipe),
    }
)

# %% [markdown]
# ## Any tumour is a tumour
#
# Where a data set names the kind of tumour, the three kinds become one class here. That
# makes the classes unequal: a network that always answered "tumor" would be right as
# often as its row in this table is large. Notebook 06 sets that figure beside ours.
# Only the training and the validation side are loaded; test stays shut until then.

# %%
# NBVAL_CHECK_OUTPUT
splits = manifest.load_manifest(splits_file)
data = inputs.load_training_data(splits, sources.locate(binary_dataset), recipe)
seen = splits["as_shipped"].isin(["training", "validation"])
names = pd.Series(np.array(recipe.classes)[data.labels], splits.index, name="class")
pd.crosstab(names[seen], splits["as_shipped"][seen])

# %% [markdown]
# ## Accuracy alone can be bought by guessing
#
# The larger class sets the bar: this is the accuracy, on validation, of an answer that
# never looks at the slice.

# %%
# NBVAL_CHECK_OUTPUT
larger = np.bincount(data.labels[data.training]).argmax()
guess = float((data.labels[data.validation] == larger).mean())
f"always {recipe.classes[larger]!r}: {guess:.3f} of {len(data.validation)} slices"

# %% [markdown]
# ## Twenty million numbers for two answers
#
# Sixteen convolutions turn a slice into a small map of 512 features; the head turns
# that map into two probabilities. A few hundred slices cannot pin down twenty million
# parameters: pretrained weights, augmentation and early stopping are what keeps the
# network from learning the slices by heart.

# %%
# NBVAL_CHECK_OUTPUT
training.set_seed(seed, deterministic=True)
untrained = backbones.build_classifier(recipe)
pd.Series(backbones.count_parameters(untrained), name="parameters").to_frame()

# %% [markdown]
# ## The learning rate drops when validation stalls
#
# After each epoch the validation loss is judged. If it has not improved for four
# epochs the rate is halved; if it has not improved for the recipe's patience the phase
# stops. Keras's own callbacks forget their counters when a training is interrupted, so
# these few lines keep them in the checkpoint.

# %%
notebook.show_source(training._judge_epoch)

# %% [markdown]
# ## Train, and watch the rate
#
# One row per epoch: the phase, the learning rate, and loss and accuracy on both sides.
# A rehearsal of a few epochs is mostly too short for a drop; a training on real slices
# sees several. A checkpoint is written after each epoch, so a training that was killed
# goes on from there.

# %%
folder = paths.model("vgg19_binary")
trained = training.train(recipe, data, folder / "checkpoint", seed=seed)
training_tables.tabulate_epochs(trained.history)

# %%
figure = plots.learning_curves(
    trained.history.drop(columns="epoch"), chosen_epoch=trained.best_epoch + 1
)
notebook.save_figure(figure, "03_learning_curves", settings)

# %% [markdown]
# **Figure 3.1.** Loss and accuracy by epoch, on training (thin) and validation (bold)
# slices; the ring marks the lowest validation loss of the last phase: the weights of
# that epoch are kept.
#
# **Notice** whether the accuracy ever leaves the bar of the guess above. The rehearsal on
# phantoms starts from noise and stops after a few dozen steps, and often ends on the bar:
# the loss has moved, the answers have not. A curve alone does not show that a network
# has learnt anything.

# %% [markdown]
# ## Validation says how far it came, not how good it is
#
# The epoch was chosen on these very slices, so their accuracy is a little flattered.
# It is good for comparing epochs and for finding mistakes. It is no result: the result
# is notebook 06's, on slices that decided nothing.

# %%
told = {"dataset": binary_dataset} | training.describe_training(trained, data, seed)
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
notebook.save_figure(figure, "03_validation_confusion", settings)

# %% [markdown]
# **Figure 3.2.** Validation slices by true class (rows) and answer (columns), as counts
# and row percentages; n is the table's `validation_slices`.
#
# **Notice** the two kinds of error: a missed tumour (lower left) costs a patient more
# than a false alarm (upper right), and accuracy counts them alike. An empty left column
# is a program that always says "tumor". Notebook 06 reports sensitivity and specificity
# apart, and there such a program cannot hide.

# %%
# NBVAL_CHECK_OUTPUT
assert not np.intersect1d(data.training, data.validation).size
notebook.require_made(
    folder / name for name in ("model.weights.h5", "contract.json", "history.csv")
)

# %% [markdown]
# ## Summary
#
# - Three kinds of tumour became one class; the larger class sets the bar for accuracy.
# - The learning rate is halved where validation stalls, and the counters survive a
#   kill because they are part of the checkpoint.
# - Validation chose the epoch; the test side has not been opened.
#
# ## Exercises
#
# 1. Predict which of the two errors grows when you answer "tumor" from a probability of
#    0.3 on, then count both on the validation slices.
#    <details><summary>Solution</summary>`(probabilities[:, 1] > 0.3)` finds more
#    tumours and raises more false alarms. Choose such a threshold on validation, never
#    on test.</details>
# 2. Set `learning_rate` to a tenth under another `run` name. Does the best validation
#    loss change, or only the number of epochs it takes?
#    <details><summary>Solution</summary>Mostly the number of epochs, until early
#    stopping or the last epoch cuts the slower training short.</details>
#
# ## Next
#
# [04 · Train VGG16](04_train_vgg16_four_class.ipynb) names the kind of tumour.
#
# ## References
#
# - Simonyan and Zisserman, *Very deep convolutional networks for large-scale image
#   recognition* (2015).
# - Prechelt, *Early stopping – but when?* (1998).

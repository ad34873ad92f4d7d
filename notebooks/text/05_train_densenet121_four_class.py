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
# # 05 · Train DenseNet121 to name the tumour
#
# > A network with batch normalisation lives twice, once in training and once in
# > inference. If the two disagree, a perfect training is worth nothing.
#
# | | |
# |---|---|
# | **Needs** | `splits/<dataset>.csv` and the cached slices, from [02](02_preprocess_images.ipynb) |
# | **Makes** | `models/densenet121_four_class/`: `model.weights.h5`, `contract.json`, `history.csv` |
# | **Time** | quick: two minutes on two cores · cpu: an hour · paper: minutes on a GPU |
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/braintumor/braintumor/blob/main/notebooks/05_train_densenet121_four_class.ipynb)

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
recipe = recipes.get_recipe("densenet121_four_class", profile, **settings.overrides())
splits_file = notebook.require(paths.splits(dataset), made_by="02_preprocess_images")
facts

# %% [markdown]
# ## One recipe is published, another fits this machine
#
# The published 96 % come from the same recipe as VGG16's 97 %: ImageNet weights, a new
# head, twenty epochs of Adam at 0.001. Without ImageNet weights the whole network
# learns from noise, which DenseNet takes better than VGG: its normalisation layers keep
# every signal at a workable size, and each layer hears all layers before it.

# %%
# NBVAL_CHECK_OUTPUT
published = recipes.get_recipe("densenet121_four_class", "paper")
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
# ## A hundred and twenty layers, half the parameters of VGG16
#
# Each of DenseNet's small convolutions adds 32 features to all that came before. The
# feature maps pile up instead of being replaced, so no layer needs to be wide.

# %%
# NBVAL_CHECK_OUTPUT
training.set_seed(seed, deterministic=True)
untrained = backbones.build_classifier(recipe)
pd.Series(backbones.count_parameters(untrained), name="parameters").to_frame()

# %% [markdown]
# ## Moving statistics must keep up
#
# In training, batch normalisation uses the mean and spread of the batch at hand; in
# inference it uses moving averages of them. With the built-in momentum of 0.99 those
# averages lag hundreds of steps behind, and through 120 layers the lag multiplies. So a
# network that starts from noise gets a momentum of 0.9, while one that starts from
# ImageNet keeps its statistics frozen with the layers before them.

# %%
notebook.show_source(backbones._prepare_from_noise)

# %% [markdown]
# ## Train, or go on where it was killed
#
# After each epoch one file is written that holds weights, optimizer, dropout's random
# state, the best value and every counter. Kill this cell and run it again: it goes on,
# and ends with the same weights to the last bit.

# %%
folder = paths.model("densenet121_four_class")
trained = training.train(recipe, data, folder / "checkpoint", seed=seed)
training_tables.tabulate_epochs(trained.history)

# %%
figure = plots.learning_curves(
    trained.history.drop(columns="epoch"), chosen_epoch=trained.best_epoch + 1
)
notebook.save_figure(figure, "05_learning_curves", settings)

# %% [markdown]
# **Figure 5.1.** Loss and accuracy by epoch, on training (thin) and validation (bold)
# slices; the ring marks the lowest validation loss of the last phase: the weights of
# that epoch are kept.
#
# **Notice** the validation curve in the middle of the training: it jumps while the
# learning rate is high and grows calm as the cosine lets it fall.

# %% [markdown]
# ## The two modes agree
#
# The same training slices, asked twice: once normalised by their own batch, once by the
# moving statistics. A gap between the two shares would be the lag that was just
# described, and the validation loss would be meaningless.

# %%
some = np.random.default_rng(seed).choice(data.training, 64, replace=False)
slices = batches.to_rgb(data.slices.images[some])
modes = backbones.compare_modes(trained.classifier, slices, data.labels[some])
pd.Series(modes, name="share right").round(3).to_frame()

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
notebook.save_figure(figure, "05_validation_confusion", settings)

# %% [markdown]
# **Figure 5.2.** Validation slices by true class (rows) and answer (columns), as counts
# and row percentages; n is the table's `validation_slices`.
#
# **Notice** the last two rows: a missed "no tumour" is a false alarm, a missed pituitary
# tumour is a patient sent home. The matrix shows both, accuracy shows neither.

# %% [markdown]
# ## Export for those who follow the published recipe
#
# The published notebooks save `densenet_brain.h5`. The artifact exports to that name
# and to Keras's own format; both hold the architecture, so load them only from people
# you trust.

# %%
# NBVAL_CHECK_OUTPUT
exported = artifact.export(loaded, folder / "export")
[file.name for file in exported]

# %%
# NBVAL_CHECK_OUTPUT
assert not np.intersect1d(data.training, data.validation).size
notebook.require_made(
    folder / name for name in ("model.weights.h5", "contract.json", "history.csv")
)

# %% [markdown]
# ## Summary
#
# - Training mode and inference mode give the same answers, because the moving
#   statistics follow within a few steps.
# - The artifact reloads to the same probabilities, and exports to the published name.
# - Validation chose the epoch; the test side has not been opened.
#
# ## Exercises
#
# 1. Set `backbones.FRESH_MOMENTUM = 0.99` before training under another `run` name.
#    Predict which curve of the learning curves moves, and which does not.
#    <details><summary>Solution</summary>The training curve hardly moves: it uses batch
#    statistics. Validation is far worse in the first epochs, and the two modes
#    disagree.</details>
# 2. Why can `compare_modes` not be run on a single slice?
#    <details><summary>Solution</summary>A batch of one has no spread worth the name:
#    normalised by itself, every slice looks alike.</details>
#
# ## Next
#
# [06 · Evaluate the models](06_evaluate_models.ipynb) opens the test side, once.
#
# ## References
#
# - Huang et al., *Densely connected convolutional networks* (2017).
# - Ioffe and Szegedy, *Batch normalization* (2015).

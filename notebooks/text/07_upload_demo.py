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
# # 07 · Upload a slice and read the answer
#
# > An honest demo can say three things: this class, and how sure; I do not know; this is
# > no brain slice at all. What it says about a drawing is worth nothing, however sure it
# > sounds.
#
# | | |
# |---|---|
# | **Needs** | the model in `data/models/densenet121_four_class`, which comes with the project; no other notebook |
# | **Makes** | `figures/07_where_it_looked.png` |
# | **Time** | under half a minute on two cores; the very first time half a minute more, for the model's light form |
#
# Teaching and research material, not for diagnosis.
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/braintumor/braintumor/blob/main/notebooks/07_upload_demo.ipynb)

# %% tags=["colab"]
import sys

if "google.colab" in sys.modules:
    print("Colab: fetching the project")
    # !git clone -q --depth 1 https://github.com/braintumor/braintumor
    # %cd braintumor
    # %pip install -q .

# %%
import json

import cv2
import numpy as np
import pandas as pd
from IPython import display
from sklearn import datasets

from braintumor import parameters, paths
from braintumor.data import decoding
from braintumor.demo import cards, predict, samples, widgets
from braintumor.evaluation import calibration
from braintumor.reporting import heat_plots, notebook, plots

# %% tags=["parameters"]
model: str = "densenet121_four_class"  # which artifact of data/models answers
seed: int = 7  # of the noise that is added to a slice
run: str = "interactive"  # name of the run's folder under data/runs

# %%
settings = parameters.check(globals())

# %%
facts = notebook.start(settings)
files = notebook.run_paths(settings)
predictor = predict.Predictor(paths.models_root() / model)
drawn = samples.load_samples()

# %% [markdown]
# ## Try it before you read on
#
# Choose one or several slices, or click one of the four phantoms: slices cut from the
# MNI152 brain template, with a lesion drawn into three of them. Each file gets a card,
# the newest on top. The switch hides the heat that shows where the answer comes from.
# `make voila` opens this page as an app, without any code.

# %%
demo = widgets.UploadDemo(predictor, drawn)
demo

# %% [markdown]
# Without a running kernel the box above is one line of text. A click does nothing that a
# cell cannot do, so here is what four clicks give, together with a file that is no
# picture:

# %%
clicks = [(sample.name, sample.content) for sample in drawn]
clicks += [("notes.txt", b"Tuesday: buy milk")]
shown = widgets.answer_files(predictor, clicks)
display.HTML(cards.page(shown))

# %% [markdown]
# Compare each name with its answer before you go on. The network learnt from patients,
# and its probabilities were calibrated on patients. A phantom comes from neither, and
# no probability on a card says how far from home a slice is. That is the first thing to
# remember of this notebook: **a confident answer is a statement about slices like those
# it was trained on, and about no others.**
#
# ## A name is not a format
#
# Whoever uploads a file chooses its name, so the name decides nothing: the first bytes
# do. One decoder reads a slice for training, for this widget and for the web page;
# otherwise they would show the network different pixels. What it hands on is what the
# contract of the model asks for: one grey value per pixel, filtered and brought to the
# side that the network was trained with.

# %%
# NBVAL_CHECK_OUTPUT
rows = {}
for number, sample in enumerate(drawn):
    ready = predictor.prepare(sample.content, f"holiday{number}.txt")
    rows[sample.label] = {
        "format": ready.upload.format,
        "decoded": ready.upload.pixels.shape,
        "for the model": ready.pixels.shape,
        "type": ready.pixels.dtype,
    }
pd.DataFrame(rows).T

# %% [markdown]
# A file that cannot be read is no reason to stop: the card says what is wrong and what
# helps. Every fault of a decoder ends as one kind of error with a sentence in it.

# %%
# NBVAL_CHECK_OUTPUT
whole = drawn[0].content
wrong = {"empty": b"", "text": b"Tuesday: buy milk", "half": whole[: len(whole) // 2]}
said = {}
for name, content in wrong.items():
    try:
        predictor.prepare(content, name)
    except decoding.UnreadableSliceError as error:
        said[name] = error.problem
pd.Series(said, name="refused because it").to_frame()

# %% [markdown]
# ## One number makes the probabilities honest
#
# A network that was trained until its answers are nearly certain promises too much; one
# that was trained with smoothed labels may promise too little. Dividing the logits by
# one number, the **temperature**, repairs most of either: above 1 it makes the answers
# more modest, below 1 bolder. It was fitted on validation slices and lies in the
# artifact, in a file that you can read. It moves no answer to another class, for the
# largest logit stays the largest.

# %%
fitted = json.loads((predictor.folder / predict.CALIBRATION).read_text())
fitted

# %% [markdown]
# The logits of an answer can be had back from its probabilities, up to a constant that
# the softmax does not see: they are the logarithms times the temperature. Here is the
# answer with the largest probability among the four, at other temperatures.

# %%
# NBVAL_CHECK_OUTPUT
answers = [predictor.predict(sample.content, sample.name) for sample in drawn]
surest = max(answers, key=lambda answer: max(answer.probabilities, default=0))
logits = fitted["temperature"] * np.log([surest.probabilities])
table = {
    temperature: calibration.calibrate(logits, temperature)[0]
    for temperature in (0.5, 1.0, fitted["temperature"], 4.0, 16.0)
}
at = pd.DataFrame(table, index=surest.classes).T.rename_axis("temperature")
assert at.idxmax(axis=1).nunique() == 1  # the first class stays the first
at.round(2)

# %% [markdown]
# At a high temperature every class is a quarter; at a low one the winner takes all. The
# fitted one makes "90 %" true nine times out of ten, on slices like those of validation.
#
# ## It may say that it does not know
#
# Below a threshold on its largest probability the predictor **abstains**: it shows the
# probabilities and names no class. The threshold was chosen on validation slices, so
# that the answers above it are right as often as was asked for. Watch it happen: more
# and more of a slice is replaced by noise, and the same function answers.

# %%
noise = np.random.default_rng(seed).integers(0, 256, ready.upload.pixels.shape)
rows = {}
for percent in (0, 5, 10, 20, 30, 40, 60, 100):
    share = percent / 100
    mixed = np.rint((1 - share) * ready.upload.pixels + share * noise)
    content = cv2.imencode(".png", mixed.astype(np.uint8))[1].tobytes()
    answer = predictor.predict(content)
    largest = max(answer.probabilities, default=np.nan)
    rows[percent] = {"state": answer.state, "decision": answer.decision or "none"}
    rows[percent] |= {"largest probability": round(largest, 2)}
pd.DataFrame(rows).T.rename_axis("% noise")

# %% [markdown]
# Read downwards where the class changes or goes away, and how sure the answer just
# before was. A network has no feeling for a slice that gets worse; the threshold and the
# gate of the next section are all that stands between it and a bold nonsense.
#
# ## A holiday picture has no tumour class
#
# A softmax over four classes must give four probabilities, whatever it is shown: it has
# no fifth for "none of this". So a **gate** looks first. It was fitted on what the
# network sees in training slices, and refuses what lies far from all of them, or is in
# colour, blank, or no picture of anything. A refused file gets no probabilities at all:
# a wrong number would be believed.

# %%
# NBVAL_CHECK_OUTPUT
page = np.full((240, 240), 255, np.uint8)
for line in range(20, 240, 24):
    cv2.putText(page, "Tuesday: buy milk", (8, line), 0, 0.7, 0, 2)
others = {
    "photograph of a temple": datasets.load_sample_image("china.jpg")[..., ::-1],
    "photograph of a flower": datasets.load_sample_image("flower.jpg")[..., ::-1],
    "noise": noise.astype(np.uint8),
    "a page of text": page,
    "a blank picture": np.zeros((240, 240), np.uint8),
}
refused = {}
for name, pixels in others.items():
    answer = predictor.predict(cv2.imencode(".png", pixels)[1].tobytes(), name)
    refused[name] = {"state": answer.state, "probabilities": len(answer.probabilities)}
pd.DataFrame(refused).T

# %% [markdown]
# The gate has its own two errors. It may let a picture pass that is no slice, and it may
# refuse a slice from a scanner that it has not met; `data/results/demo/gate.csv` says how
# often each happened. It is a fence against mistakes and no proof that what passes is a
# brain.
#
# ## Heat says where, neither why nor whether it is right
#
# Grad-CAM asks which places of the last feature map push the winning class up. Three
# limits come with it. The map is coarse: this network's has as many cells as you count
# below, and what is finer in the picture is interpolation. Each map is scaled to its own
# hottest place, so a weak reason looks as hot as a strong one. And a wrong answer has a
# map as beautiful as a right one.

# %%
# NBVAL_CHECK_OUTPUT
side = predictor.recipe.side
cells = side // 32  # the backbone halves its picture five times
f"{side} × {side} pixels in, {cells} × {cells} cells of {side // cells} pixels each"

# %%
labels = [answer.decision or answer.state for answer in answers]
images = [answer.image for answer in answers]
figure = plots.slice_grid(images, labels, masks=[sample.mask for sample in drawn])
figure = heat_plots.lay_heat(figure, [answer.overlay for answer in answers])
notebook.save_figure(figure, "07_where_it_looked", settings)

# %% [markdown]
# **Figure 7.1.** The four phantoms, n = 4, drawn as glioma, meningioma, no tumour and
# pituitary tumour; above each what the model answers. Colour: Grad-CAM of the class with
# the largest probability. Yellow outline: the lesion that was drawn.
#
# **Notice** that heat appears whether or not the answer is right, and count how often
# the hottest place lies inside an outline. A map that looks at the lesion would be some
# evidence; a map that does not is a reason to distrust even a right answer.

# %%
inside = {}
for sample, answer in zip(drawn, answers, strict=True):
    if answer.overlay is not None and sample.mask.any():
        heat = answer.overlay[..., 3] / answer.overlay[..., 3].sum()
        inside[sample.label] = {
            "heat inside the outline": round(float(heat[sample.mask].sum()), 2),
            "outline's share of the slice": round(float(sample.mask.mean()), 2),
        }
pd.DataFrame(inside).T

# %% [markdown]
# The second column is what a map that knows nothing would reach. Only what is clearly
# above it is worth a thought. All of this ran on:

# %%
facts

# %% [markdown]
# One promise is left to check: that none of it needed the training framework.

# %%
# NBVAL_CHECK_OUTPUT
assert all(sum(a.probabilities) > 0.999 for a in answers if a.probabilities)
assert {fact["state"] for fact in refused.values()} == {"not_a_slice"}
assert "tensorflow" not in sys.modules or predictor.runtime == "keras"
assert len(shown) == len(drawn) + 1
notebook.require_made([files.figures / "07_where_it_looked.png"])

# %% [markdown]
# ## Summary
#
# - One function takes the bytes of a file and gives an answer; this notebook, the widget
#   in it and the web page call it, so they cannot disagree.
# - It has three kinds of answer: a class with calibrated probabilities, "I do not know",
#   and "this is no brain slice". Five pictures of other things (n = 5) were all refused.
# - Calibration, threshold and gate were fitted on slices of one data set. On a phantom, or
#   on the slices of another hospital, none of them promises anything.
# - Heat shows where the evidence for the answer lies, in a handful of coarse cells, and
#   it looks the same under a wrong answer.
#
# ## Exercises
#
# 1. Turn a phantom upside down (`np.flipud`) or by a quarter (`np.rot90`), encode it as
#    in the cell with the noise, and predict it again. Guess first: is the class the same,
#    and is it still taken for a slice?
#    <details><summary>Solution</summary>The anatomy is the same, yet the probabilities
#    move: the network learnt from slices that stand upright, and its augmentation turns
#    them only a little. The gate is no help here: it fences off other pictures and does
#    not check how a head lies.</details>
# 2. Predict the negative of a phantom, `255 - pixels`. A radiologist would still see a
#    brain; what does the gate say, and is it right to refuse?
#    <details><summary>Solution</summary>It is refused for being bright up to its edges.
#    That is right in the only sense that counts here: the network has never seen such a
#    slice, so its answer would mean nothing.</details>
# 3. Feed the same phantom eight times and once in one call of `predictor.answer`. Are the
#    probabilities equal to the last digit?
#    <details><summary>Solution</summary>To about seven digits: sums are taken in another
#    order. That is why the cells above round what they compare.</details>
#
# ## Next
#
# `make app` serves the same predictor as a web page with an API; `make voila` shows this
# page without its code. How the network was trained stands in
# [05 · Train DenseNet121](05_train_densenet121_four_class.ipynb), what it scores in
# [06 · Evaluate the models](06_evaluate_models.ipynb).
#
# ## References
#
# - Guo et al., *On calibration of modern neural networks* (2017).
# - Geifman and El-Yaniv, *Selective classification for deep neural networks* (2017).
# - Lee et al., *A simple unified framework for detecting out-of-distribution samples and
#   adversarial attacks* (2018).
# - Selvaraju et al., *Grad-CAM: visual explanations from deep networks via gradient-based
#   localization* (2017).
# - Adebayo et al., *Sanity checks for saliency maps* (2018).

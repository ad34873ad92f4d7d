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
# # 06 · Evaluate the models
#
# > A test score says little until you know two more: what a program scores that never
# > looked at a brain, and what remains when the test slices that have relatives in
# > training are taken away.
#
# | | |
# |---|---|
# | **Needs** | `splits/<source>.csv` from [02](02_preprocess_images.ipynb); `models/<model>/` from [03](03_train_vgg19_binary.ipynb), [04](04_train_vgg16_four_class.ipynb) and [05](05_train_densenet121_four_class.ipynb) |
# | **Makes** | `predictions/<model>.csv`, `results.csv`, `confusion.csv` |
# | **Time** | phantom: under a minute on two cores · 1,311 real test slices: two to five minutes · GPU: a minute |
#
# Teaching and research material, not for diagnosis.
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/braintumor/braintumor/blob/main/notebooks/06_evaluate_models.ipynb)

# %% tags=["colab"]
import sys

if "google.colab" in sys.modules:
    print("Colab: fetching the project")
    # !git clone -q --depth 1 https://github.com/braintumor/braintumor
    # %cd braintumor
    # %pip install -q .

# %%
import pandas as pd
from IPython import display

from braintumor import examination, parameters
from braintumor.data import manifest, sources, splits
from braintumor.evaluation import assessment, baselines, metrics, predictions, results
from braintumor.modeling import artifact, recipes
from braintumor.reporting import notebook, plots, published, study_plots, tables
from braintumor.studies import record

# %% tags=["parameters"]
dataset: str = "phantom"  # source of the four-class slices
binary_dataset: str = "phantom"  # source of the tumour-or-none slices
profile: str = "quick"  # quick, cpu, paper or best: how the models were trained
seed: int = 7  # of the bootstrap
run: str = "interactive"  # name of the run's folder under data/runs
replicates: int = 1000  # bootstrap samples behind each interval

# %%
settings = parameters.check(globals())

# %%
facts = notebook.start(settings, keras=True)
paths = notebook.run_paths(settings)
facts

# %% [markdown]
# ## One training set, three tests
#
# All views share the training side, so one trained network answers three questions.
# **As shipped** asks what published notebooks ask: the official test, whatever is in
# it. **Deduplicated** drops test slices whose pixels repeat a training or validation
# slice. **Group-disjoint** keeps only test slices without any relative there: no slice
# of the same patient and, where patients are unknown, no near-twin. The first is for
# comparing with others; the last comes closest to a new patient.

# %%
# NBVAL_CHECK_OUTPUT
sides = {
    source: manifest.load_manifest(
        notebook.require(paths.splits(source), made_by="02_preprocess_images")
    )
    for source in dict.fromkeys([dataset, binary_dataset])
}
counts = {source: splits.count_views(frame) for source, frame in sides.items()}
pd.concat(counts, names=["source"]).xs("test", level="side")

# %% [markdown]
# Read the columns downwards: a strict view is honest and small. Where a class keeps
# only a handful of slices its recall will have a wide interval, and that width is part
# of the answer.
#
# ## Seven programs that never looked at a brain
#
# Each is fitted on the training side and sees the same test slices. **Majority** gives
# the most frequent class. **Native size** knows width, height and colour mode of the
# file, **file size** its bytes, **intensity statistics** how bright the slice is,
# **background only** what is left when the head is painted over, and **border
# statistics** three numbers about a four-pixel frame: what these five find is how the
# files were made. **Nearest neighbour** shrinks each slice to 32 × 32 pixels and copies the label
# of the most similar one it has seen. It learns nothing, so its score tells how much
# of the test can be had by recognising slices. This is all of it:

# %%
notebook.show_source(baselines.nearest_neighbor)

# %%
# NBVAL_CHECK_OUTPUT
answers = {}
tasks = {sources.FOUR_CLASSES: dataset, sources.BINARY_CLASSES: binary_dataset}
for classes, source in tasks.items():
    root = sources.locate(source)
    answers |= examination.examine_baselines(sides[source], root, classes)
sizes = {name: [len(table)] for name, table in answers.items()}
pd.DataFrame(sizes, index=["test slices"]).T

# %% [markdown]
# ## The test side is opened once
#
# Notebooks 03 to 05 chose epochs on validation and never loaded a test slice. Here each
# network answers every test slice, once; the views are choices among these same
# answers. An artifact is loaded only if its files have the hashes of its contract. If
# you now go back and change a recipe because of what you read below, the test has
# become a second validation, and its score is flattered like one.

# %%
for number, name in enumerate(recipes.MODELS, start=3):
    contract = paths.model(name) / artifact.CONTRACT
    notebook.require(contract, made_by=f"{number:02d}_train_{name}")
    loaded = artifact.load_artifact(paths.model(name))
    source = tasks[loaded.classes]
    root = sources.locate(source)
    answers[name] = examination.examine_model(loaded, sides[source], root)
for name, table in answers.items():
    predictions.write_predictions(table, paths.predictions(name))
answers["densenet121_four_class"].head(3)

# %% [markdown]
# ## Ten slices of one patient are not ten patients
#
# An interval should say how much the score would move with other patients. The
# bootstrap imitates that: it draws the test again and again, with replacement, and
# looks at the spread. Drawing single slices pretends that neighbouring slices of one
# patient are independent. Drawing whole groups does not. Below are both, for the
# nearest neighbour's accuracy on the shipped test; the second is the one we report.

# %%
# NBVAL_CHECK_OUTPUT
by_group = answers["nearest_neighbor"]
by_slice = by_group.assign(group_id=range(len(by_group)))
chosen = {"classes": sources.FOUR_CLASSES, "view": "as_shipped"}
chosen |= {"replicates": replicates, "seed": seed}
drawn = {
    "single slices": metrics.evaluate(by_slice, **chosen).loc[[0]],
    "whole groups": metrics.evaluate(by_group, **chosen).loc[[0]],
}
table = pd.concat(drawn).droplevel(1)[["metric", "value", "low", "high", "groups"]]
table.assign(width=table["high"] - table["low"]).round(3)

# %% [markdown]
# ## The same answers in three views
#
# Now everything is scored: accuracy, macro-F1, AUC, sensitivity and specificity for
# "any tumour", and recall per class, each with its interval and n. Where a score is
# exactly 0 or 1, every bootstrap sample repeats it; the Clopper-Pearson interval over
# groups stands there instead, for no error among few patients is no proof of none. A
# class without slices leaves its scores empty.

# %%
scored, counted = assessment.assess_answers(
    answers, run=run, replicates=replicates, seed=seed
)
display.Markdown(tables.as_markdown(tables.three_views(scored)))

# %% [markdown]
# Follow a row from left to right, and then compare it with the nearest neighbour's. What
# a network has above it in the last column is what it understood; what both have in the
# first column is largely what both remembered. Published figures, where there are any
# for a data set, stand beside the as-shipped view because that is what they measured.
#
# ## Models and baselines in one picture
#
# A table hides how close two rows are. The picture shows it, and with it whether two
# intervals leave room for a difference at all.

# %%
order = tables.order_models(answers)
four = [name for name in order if not name.endswith(("_binary", "majority"))]
stars = published.published_accuracy(dataset)
figure = plots.view_comparison(scored, models=four, published=stars)
notebook.save_figure(figure, "06_four_class_views", settings)

# %% [markdown]
# **Figure 6.1.** Accuracy on four classes in the three views, with 95 % bootstrap
# intervals over groups; n in the legend. Networks above, baselines below; a star marks
# a published accuracy.
#
# **Notice** how the intervals widen from the first view to the last: fewer slices, and
# fewer patients. A difference that fits inside them is not yet a difference.

# %%
two = [name for name in order if name.endswith("_binary")]
figure = plots.view_comparison(scored, metric="specificity", models=two)
notebook.save_figure(figure, "06_binary_specificity", settings)

# %% [markdown]
# **Figure 6.2.** Specificity of the binary programs, that is, the share of slices
# without a tumour that were called so; 95 % intervals over groups, n = slices without a
# tumour.
#
# **Notice** where the majority stands. Its accuracy is respectable, because most slices
# show a tumour; its specificity says what that accuracy is worth.

# %% [markdown]
# ## Sensitivity and specificity are bought from each other
#
# One number hides which error a program makes. A missed tumour and a false alarm weigh
# differently, so both stand here, in the strictest view. Naming a glioma a meningioma
# is a wrong class, yet a tumour found: sensitivity can be high where accuracy is not.

# %%
strict = scored[scored["view"] == "group_disjoint"]
strict = strict[strict["metric"].isin(["sensitivity", "specificity"])]
cells = strict.assign(score=[tables.show_score(row) for row in strict.itertuples()])
wide = cells.pivot(index="model", columns="metric", values="score")
wide.loc[order]

# %% [markdown]
# ## Which classes are mistaken for which
#
# Accuracy weighs classes by how many slices they have. The confusion matrix shows each
# class by itself: counts, and the share of its own row.

# %%
table, classes = answers["densenet121_four_class"], sources.FOUR_CLASSES
matrix = metrics.confusion_table(table, classes, "group_disjoint")
figure = plots.confusion(matrix, classes)
notebook.save_figure(figure, "06_confusion_densenet121", settings)

# %% [markdown]
# **Figure 6.3.** DenseNet121, group-disjoint view: test slices by true class (rows) and
# answer (columns), counts and row percentages.
#
# **Notice** which off-diagonal cell is the largest, and then look at slices of these two
# classes in notebook 01: would you tell them apart?

# %%
figure = plots.roc(predictions.select_view(table, "group_disjoint"), classes)
notebook.save_figure(figure, "06_roc_densenet121", settings)

# %% [markdown]
# **Figure 6.4.** DenseNet121, group-disjoint view: each class against the rest, for every
# threshold on its probability. The area under a curve is the chance that a slice of the
# class gets a higher probability than one of the rest; `auc` is the mean of the areas.
#
# **Notice** that a curve can be high where recall is poor: the order of the
# probabilities is right, the largest one is not. Threshold and order are different
# skills.

# %% [markdown]
# ## The same distrust, applied to real slices
#
# What follows does not depend on your parameters. It is read from tables that were
# measured once, on the real benchmark and the networks trained on it, and that come with
# the project; a table whose bytes differ from those of its record is refused. Each
# study is a command, `braintumor study NAME`; its module says what was decided when.

# %%
for name, study in record.find_studies().items():
    print(f"{name:16} {study.QUESTION}")

# %% [markdown]
# ### How alike may two slices be?
#
# The audit calls two slices twins above one similarity. Was that number chosen to make a
# point? Here it is moved: a lower one forms larger groups, and leaves less of the test.

# %%
groups = record.read_table("leak_threshold", "groups")
scores = record.read_table("leak_threshold", "scores")
figure = study_plots.plot_thresholds(groups, scores)
notebook.save_figure(figure, "06_real_thresholds", settings)

# %% [markdown]
# **Figure 6.5.** Nickparvar: groups, test slices left and accuracy on them, against the
# similarity above which two slices count as twins; 95 % intervals over groups.
#
# **Notice** that the class without tumours leaves the test first: its slices are the
# ones that were collected twice.
#
# ### A twin is not the only relative
#
# Cheng's slices are numbered, and neighbouring numbers are mostly neighbouring slices of
# one patient. Matching the benchmark's tumours to those numbers shows how far the
# nearest training slice of each test slice is: 0 is the same slice, 1 the next one.

# %%
# NBVAL_CHECK_OUTPUT
record.read_table("patients", "distances").set_index("view").T

# %% [markdown]
# Read the last column, and the row `distance_1`. Slices that no twin search connects to
# training have the slice next to them there. Even the strictest view of this benchmark
# asks about patients that the network has met.

# %%
folds = record.read_table("patients", "folds").query("metric == 'accuracy'")
folds.set_index("grouping")[["model", "value", "low", "high", "n", "groups"]]

# %% [markdown]
# The same nearest neighbour, five-fold, on all slices: once with slices drawn at random,
# once with twins kept together, once with neighbouring numbers kept together as a
# stand-in for patients (and two more such stand-ins, finer and coarser). What falls
# from row to row was recognition.
#
# ### Patients that training never saw
#
# So a fifth of these stand-ins was held out whole, and DenseNet121 trained anew on the
# others, by the recipe of notebook 05 for ten epochs. The programs that know no brain
# saw the same slices, and all were asked once. A stand-in is a guess at a patient, and
# this is one fold and one seed.

# %%
unseen = record.read_table("unseen_patients", "scores")
figure = study_plots.plot_unseen(unseen)
notebook.save_figure(figure, "06_real_unseen", settings)

# %% [markdown]
# **Figure 6.6.** Nickparvar, held-out stand-in patients: accuracy on four classes, tumours
# found, and healthy slices called healthy; 95 % intervals over stand-ins.
#
# **Notice** the first row. In the views of the published test the nearest neighbour was
# at the network's heels; without relatives to recognise it falls far behind. And notice
# the background: painted-over heads still tell the four classes apart, at least as well
# as thumbnails do, because each class was collected from other places.
#
# ### What is each choice of the recipe worth?
#
# Recipes come with a filter, a normalisation, a side and an augmentation, and rarely with
# a reason. Here one choice is changed at a time, on the same patients, with two seeds,
# at a small side and for four epochs, so that two cores could do it.

# %%
ablations = record.read_table("ablations", "differences")
figure = study_plots.plot_ablations(ablations)
notebook.save_figure(figure, "06_real_ablations", settings)

# %% [markdown]
# **Figure 6.7.** DenseNet121 on held-out stand-in patients: by how many points each
# variant lies above the unchanged recipe (side 48); paired 95 % intervals over
# stand-ins, two seeds; what lies off the scale is written at its edge.
#
# **Notice** how little there is to see. A backbone frozen in the noise that it began with
# loses some forty points; of all other choices none moves the accuracy beyond its
# interval with both seeds, and the filter and the normalisation, which papers describe
# at length, could as well be others. Augmentation has not paid after four epochs. A
# longer training may tell more of them apart; whoever claims so owes the intervals.
#
# ### Is one program better than another?
#
# Two accuracies with intervals that overlap may still differ, because both programs
# answered the same slices. So the slices are compared one by one: how often was only
# one of the two right? McNemar's exact test weighs these counts; the difference has a
# paired bootstrap interval over groups.

# %%
rivals = ["vgg16_four_class", "nearest_neighbor"]
mcnemar = record.read_table("comparison", "mcnemar").set_index("second").loc[rivals]
differences = record.read_table("comparison", "differences")
columns = ["view", "first_only", "second_only", "neither", "p_adjusted", "n"]
table = mcnemar[mcnemar["first"] == "densenet121_four_class"][columns]
table.style.format({"p_adjusted": "{:.2g}"})

# %%
figure = study_plots.plot_differences(differences, first="densenet121_four_class")
notebook.save_figure(figure, "06_real_differences", settings)

# %% [markdown]
# **Figure 6.8.** Nickparvar: by how many points DenseNet121's accuracy lies above that of
# each rival on the same slices; paired 95 % intervals over groups.
#
# **Notice** how close to zero the nearest neighbour stays. It compares thumbnails.

# %%
power = record.read_table("comparison", "power").set_index(["second", "view"])
columns = ["points", "slices", "groups", "n", "n_groups", "detectable"]
power.loc["nearest_neighbor", columns].round({"detectable": 1})

# %% [markdown]
# The columns tell how many test slices, and groups, a difference of so many points would
# need to be found with a power of 80 %, given how often the two disagree and how alike
# the slices of a group are. `detectable` is what the test at hand could find. A paper
# that celebrates half a point on it celebrates noise.
#
# ### Do the simple programs use the labels at all?
#
# A control: with the labels of the training side shuffled, nothing is left to learn, and
# every score must fall to chance. If one did not, the test would be leaking.

# %%
permuted = record.read_table("shortcuts", "permuted")
figure = study_plots.plot_permuted(permuted)
notebook.save_figure(figure, "06_real_permuted", settings)

# %% [markdown]
# **Figure 6.9.** Nickparvar: accuracy of baselines with true training labels (filled) and
# with shuffled ones (hollow, with the range over shuffles); the line is chance.
#
# **Notice** how far above chance a border, or the grey levels alone, take a program.
#
# ### Are the probabilities true, and what is a bar worth?
#
# Of the slices that a network calls a tumour with 90 %, nine in ten should be one. The
# temperature, and the bar under which a slice is held to have no tumour, were chosen on
# validation slices; here is what they do elsewhere.

# %%
bins = record.read_table("calibration", "bins")
shown = "densenet121_four_class"
figure = study_plots.reliability(bins[bins["model"] == shown])
notebook.save_figure(figure, "06_real_reliability", settings)

# %% [markdown]
# **Figure 6.10.** DenseNet121: share of right answers against the largest probability,
# before and after the temperature.
#
# **Notice** how few slices lie left of the last bin, and how wide their intervals are: a
# calibration error close to zero is mostly the calibration of the easy slices.

# %%
trade_off = record.read_table("calibration", "trade_off")
decisions = record.read_table("calibration", "decisions")
allowed = record.read_table("calibration", "bars")["allowed_missed"][0]
chosen = [rows[rows["model"] == shown] for rows in (trade_off, decisions)]
figure = study_plots.missed_and_false_alarms(*chosen, allowed=allowed)
notebook.save_figure(figure, "06_real_missed", settings)

# %% [markdown]
# **Figure 6.11.** DenseNet121: tumours missed against false alarms as the bar moves, and
# what the bar chosen on validation does in each view and on other sources; 95 %
# intervals over groups.
#
# **Notice** Navoneel. A promise about missed tumours that was kept on the data set it was
# made on is broken on another.
#
# ### What happens to slices from elsewhere
#
# The networks were trained on one collection. Slices of two others, without those that
# have a twin in it, ask the question that a hospital would ask.

# %%
detected = record.read_table("source_training", "scores")
figure = study_plots.plot_detection(detected)
notebook.save_figure(figure, "06_real_sources", settings)

# %% [markdown]
# **Figure 6.12.** DenseNet121: tumours found, healthy slices called healthy, and the area
# under the curve, on validation and on slices of other collections; 95 % intervals. The
# second model was trained on against learning the source: cropped, standardised, with
# drawn looks and planted lesions. Its recipe was written down before, and it was opened
# once.
#
# **Notice** that it failed its aim. It finds fewer of Navoneel's tumours at its threshold
# and loses on the official test; a gain in area stays within its interval.

# %%
looks = record.read_table("other_sources", "differences")
figure = study_plots.plot_looks(looks)
notebook.save_figure(figure, "06_real_looks", settings)

# %% [markdown]
# **Figure 6.13.** How simple measurements of slices differ (Cliff's delta: 1 where every
# slice of the first kind lies above every one of the second); 95 % intervals.
#
# **Notice** the brightness rows. In grey scale the other collection's tumours look like
# this one's healthy slices: what separates the classes in training is, in part, where
# the slices come from.

# %%
record.read_table("other_sources", "overlap").set_index(["source", "label"])

# %% [markdown]
# Nearly all healthy slices of Navoneel have a twin in training: what is left can hardly
# tell a specificity, so its tumours are ranked against validation's healthy slices, too.
# Is it the framing, or the grey scale? Here each is taken away, one at a time.

# %%
changed = record.read_table("other_sources", "changed_inputs")
figure = study_plots.plot_changed_inputs(changed)
notebook.save_figure(figure, "06_real_inputs", settings)

# %% [markdown]
# **Figure 6.14.** The first network after one change of its input at a time. Nothing was
# chosen by these slices: all changes are shown, none is used.
#
# **Notice** that no change of the input alone brings the tumours back: what is missing
# was never learnt.
#
# ### What bad scanners and exports do
#
# Ten faults of a picture, each in five strengths that were set on phantoms.

# %%
robustness = record.read_table("robustness", "as_shipped")
figure = study_plots.severity_curves(robustness)
notebook.save_figure(figure, "06_real_robustness", settings)

# %% [markdown]
# **Figure 6.15.** DenseNet121 on a fixed draw of test slices: accuracy, mean confidence
# and share answered against the strength of a fault; shaded where confidence stays above
# accuracy.
#
# **Notice** the shaded areas: there the network is wrong and does not know it.
#
# ### Does the heat lie on the tumour?
#
# Grad-CAM pictures convince, so they are scored: is the hottest place inside the
# tumour's box, and how much of the heat is? Guesses that need no network answer the same
# question.

# %%
explained = record.read_table("explanations", "scores")
figure = study_plots.plot_scores(explained, model="densenet121_four_class")
notebook.save_figure(figure, "06_real_explanations", settings)

# %% [markdown]
# **Figure 6.16.** Figshare slices that the network never saw, nor a twin of them: pointing
# game and heat inside the box, beside guesses; 95 % intervals.
#
# **Notice** the heat of another slice, and the middle of the picture: guesses that never
# look at the slice do as well. The network's heat has 3 × 3 cells; the best of them is the
# most that it could reach. The same network names the class rightly, so it looks right
# for reasons that the heat does not show.
#
# Few slices qualify for that figure, because this network has met most of the patients.
# The network that was trained without the held-out stand-ins can be asked for all of
# theirs:

# %%
# NBVAL_CHECK_OUTPUT
pointing = record.read_table("unseen_patients", "pointing")
pointing = pointing.query("subset == 'twin_free' and score == 'pointing'")
shown = pointing[["explanation", "target", "value", "low", "high", "n", "groups"]]
shown.set_index(["explanation", "target"])

# %% [markdown]
# More slices, same answer: `grad_cam` lies below the middle of the picture, and the
# interval of their difference (the study's table `margins`) excludes zero.

# %%
shuffled = record.read_table("explanations", "randomization")
figure = study_plots.plot_randomization(shuffled)
notebook.save_figure(figure, "06_real_shuffled", settings)

# %% [markdown]
# **Figure 6.17.** What is left of the heat when weights are shuffled, from the head
# downwards or one block alone; an explanation that kept it would not be about the
# network at all.
#
# **Notice** the edges: they look like an explanation, and keep everything. And the last
# block alone, above the line: much of the heat comes from channels that pass it by.

# %% [markdown]
# ## The table is the result
#
# Everything above is written as two tidy tables: one row per model, view and metric, and
# one per cell of a confusion matrix. Same answers, same bytes. `braintumor results`
# prints and compares the tables of several runs, and `braintumor evaluate` makes them
# again from the predictions, without any model.

# %%
# NBVAL_CHECK_OUTPUT
results.write_results(scored, paths.results)
results.write_csv(counted, paths.folder / "confusion.csv")
again = results.read_results(paths.results)
pd.crosstab(again["model"], again["view"])

# %%
# NBVAL_CHECK_OUTPUT
assert set(again["model"]) == {*answers}
assert again["value"].dropna().between(0, 1).all()
shown = predictions.select_view(answers["nearest_neighbor"], "group_disjoint")
strictest = sides[dataset].query("group_disjoint in ['training', 'validation']")
assert not set(shown["group_id"]) & set(strictest["group_id"])
files = [paths.predictions(name) for name in recipes.MODELS]
notebook.require_made([*files, paths.results, paths.folder / "confusion.csv"])

# %% [markdown]
# ## Summary
#
# - One trained network was scored in three views; every score has its 95 % interval
#   over groups and its n, in the table above and in `results.csv`.
# - Seven programs without any idea of a tumour answered the same slices. A network is
#   worth what it has above them, in the view where nothing can be recognised.
# - On the published test the network is hardly told from its nearest neighbour, for even
#   its strict view knows the patients. With patients held out whole it is far ahead.
# - It misses tumours of another collection, and its heat lies on tumours less often than
#   the middle of the picture does. Each study says so with an n.
# - On phantoms the numbers of the first half show that everything runs, and are no
#   result. The runs on real slices, with the published figures beside them, stand in
#   the README.
#
# ## Exercises
#
# 1. Predict which row of Figure 6.1 falls most from the first view to the last. Why
#    should a nearest neighbour fall more than a network that has understood something?
#    <details><summary>Solution</summary>The nearest neighbour: a slice's best match is
#    often a slice of the same patient, and the strict view has none. A network that
#    learnt what a tumour looks like does not need the relative.</details>
# 2. Set `replicates=100` under two different seeds and compare the intervals. To how
#    many decimals are they stable, and with `replicates=1000`?
#    <details><summary>Solution</summary>With 100 the ends move in the second decimal,
#    with 1,000 mostly in the third. The scores themselves do not move at all: the seed
#    belongs to the bootstrap.</details>
# 3. Give every slice a `group_id` of its own in all `answers`, as `by_slice` above, and
#    assess them again. Which intervals shrink most, and is the result now more certain?
#    <details><summary>Solution</summary>Those of views with many slices per group. The
#    evidence is the same; only the claim became bolder.</details>
#
# ## Next
#
# Run the real data with `make run DATASET=nickparvar PROFILE=cpu`, then compare both
# runs with `braintumor results`.
#
# ## References
#
# - Efron and Tibshirani, *An introduction to the bootstrap* (1993).
# - Clopper and Pearson, *The use of confidence or fiducial limits illustrated in the case
#   of the binomial* (1934).
# - Yagis et al., *Effect of data leakage in brain MRI classification using 2D
#   convolutional neural networks* (2021).

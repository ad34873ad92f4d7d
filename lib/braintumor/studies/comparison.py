"""Which network is better, by how much, and could this test have shown it?"""

from itertools import combinations

import pandas as pd
from scipy import stats

from braintumor.evaluation import comparison, power, results, tracked
from braintumor.evaluation.baselines import BASELINES
from braintumor.evaluation.predictions import VIEWS, class_names
from braintumor.studies.setting import Setting

QUESTION = "Is one program better than another on the same slices, and can one tell?"
NEEDS: tuple[str, ...] = ()  # the published predictions are in the repository
COSTS = "a minute on one core"
REPLICATES = 1000
RIVALS = ("vgg16_four_class", "nearest_neighbor")  # whose power statement is wanted
CHAMPION = "densenet121_four_class"


def run(setting: Setting) -> dict[str, pd.DataFrame]:
    """Compare every network with every other program of its task, in every view.

    Args:
        setting: names the run; its published predictions are read, nothing else.

    Returns:
        `mcnemar`: counts and exact p of each pair and view, and p adjusted for so many
        tests (Benjamini and Hochberg's false discovery rate).
        `differences`: first minus second in five metrics, with intervals.
        `power`: how large a test must be.
        `seeds`: how many trainings stand behind each network's score.
    """
    answers = {}
    for model in tracked.list_models(setting.run):
        setting.read(tracked.predictions_file(setting.run, model))
        answers[model] = tracked.read_predictions(setting.run, model)
    counted, compared = [], []
    pairs = list_pairs(answers)
    for first, second in pairs:
        for view in VIEWS:
            keys = {"first": first, "second": second, "view": view}
            one, two = comparison.read_pair(answers[first], answers[second], view)
            pairing = comparison.pair(one, two)
            counts = comparison.exact_mcnemar(pairing)
            groups = len(set(pairing.group_ids))
            sizes = {"n": len(pairing.first), "groups": groups}
            counted.append(pd.DataFrame([keys | counts | sizes]))
            rows = comparison.compare_scores(
                one, two, replicates=REPLICATES, seed=setting.seed
            )
            compared.append(pd.DataFrame(keys, index=rows.index).join(rows))
    return {
        "mcnemar": _adjust(pd.concat(counted, ignore_index=True)),
        "differences": pd.concat(compared, ignore_index=True),
        "power": _state_power(answers, setting.seed),
        "seeds": count_seeds(setting.run),
    }


def _adjust(counted: pd.DataFrame) -> pd.DataFrame:
    """Add the adjusted p; both as text, for four decimals would call 1e-9 nought."""
    adjusted = stats.false_discovery_control(counted["p"])
    return counted.assign(
        p=[f"{p:.2g}" for p in counted["p"]], p_adjusted=[f"{p:.2g}" for p in adjusted]
    )


def list_pairs(answers: dict[str, pd.DataFrame]) -> list[tuple[str, str]]:
    """Pair the networks of a task with each other, and each with every baseline.

    Args:
        answers: model or baseline -> predictions table.

    Returns:
        (first, second), the network that is named first being the one in question.
    """
    found = []
    tasks = {class_names(table) for table in answers.values()}
    for classes in sorted(tasks):
        rivals = [
            name for name, table in answers.items() if class_names(table) == classes
        ]
        networks = [name for name in rivals if not is_baseline(name)]
        found += list(combinations(networks, 2))
        simple = [name for name in rivals if is_baseline(name)]
        found += [(network, name) for network in networks for name in simple]
    return found


def is_baseline(model: str) -> bool:
    """Tell a baseline's name from a network's."""
    return model.removesuffix("_binary") in BASELINES


def count_seeds(run: str) -> pd.DataFrame:
    """Say from how many trainings each network's score comes.

    The spread over seeds needs runs that differ in nothing but their seed: those whose
    published name has the same beginning, up to `seed`.

    Args:
        run: name of the run, "<dataset>-<profile>-seed<seed>".

    Returns:
        One row per network and view: `seeds`, mean `accuracy`, `spread` (standard
        deviation between seeds; empty for a single one) and the `command` that trains
        one seed more.
    """
    family, _, seed = run.rpartition("-seed")
    kin = [name for name in tracked.list_runs() if name.startswith(f"{family}-seed")]
    tables = pd.concat([tracked.read_results(name) for name in kin])
    rows = results.select_metric(tables, "accuracy")
    rows = rows[~rows["model"].map(is_baseline)]
    dataset, profile = family.split("-", 1)
    command = (
        f"make run DATASET={dataset} PROFILE={profile} SEED={int(seed) + len(kin)}"
    )
    spread = rows.groupby(["model", "view"], as_index=False).agg(
        seeds=("run", "nunique"), accuracy=("value", "mean"), spread=("value", "std")
    )
    return spread.assign(command=command)


def _state_power(answers: dict[str, pd.DataFrame], seed: int) -> pd.DataFrame:
    """Say how large a test must be to tell the champion from its rivals."""
    parts = []
    for rival in RIVALS:
        for view in VIEWS:
            one, two = comparison.read_pair(answers[CHAMPION], answers[rival], view)
            keys = {"first": CHAMPION, "second": rival, "view": view}
            rows = power.tabulate_needs(
                comparison.pair(one, two), replicates=REPLICATES, seed=seed
            )
            parts.append(pd.DataFrame(keys, index=rows.index).join(rows))
    return pd.concat(parts, ignore_index=True)

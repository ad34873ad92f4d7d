import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from pydantic import ValidationError

from braintumor import parameters

CELL = """\
dataset: str = "phantom"  # source
seed: int = 7  # seed
epochs: int | None = None  # passes
learning_rate: float | None = None  # per step"""


def namespace(injected="", history=True, **others):
    """Globals of a notebook right after its parameters cell, papermill's included."""
    values = {}
    for source in (CELL, injected):
        exec(source, values)
    cells = ["", "%matplotlib inline", CELL, *([injected] if injected else [])]
    values |= {"In": cells} if history else {}
    return values | others


@pytest.mark.parametrize("history", [True, False])
def test_defaults_and_types(history):
    settings = parameters.check(namespace(history=history))
    assert (settings.dataset, settings.seed, settings.epochs) == ("phantom", 7, None)
    assert settings.overrides() == {}


@pytest.mark.parametrize("history", [True, False])
@pytest.mark.parametrize(
    ("injected", "name", "value"),
    [
        ('epochs = "3"', "epochs", 3),
        ("epochs = 1", "epochs", 1),
        ('epochs = "None"', "epochs", None),
        ('learning_rate = "1e-3"', "learning_rate", 0.001),
        ('seed = "11"', "seed", 11),
        ("run = 2024", "run", "2024"),  # papermill reads digits as a number
        ('profile = "cpu"', "profile", "cpu"),  # shared, though not in the cell
    ],
)
def test_reads_what_papermill_injects(injected, name, value, history):
    settings = parameters.check(namespace(f"# Parameters\n{injected}\n", history))
    assert getattr(settings, name) == value


@pytest.mark.parametrize("history", [True, False])
def test_refuses_a_misspelt_parameter_by_name(history):
    with pytest.raises(parameters.ParameterError) as caught:
        parameters.check(namespace("# Parameters\nepocs = 1\n", history))
    assert "'epocs' (did you mean 'epochs'?)" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_refuses_a_parameter_of_another_notebook():
    with pytest.raises(parameters.ParameterError, match="replicates"):
        parameters.check(namespace("# Parameters\nreplicates = 100\n"))


def test_refuses_a_declared_name_that_no_notebook_has():
    cell = CELL + "\nepocs: int = 3  # passes"
    with pytest.raises(parameters.ParameterError, match="epocs"):
        parameters.check(namespace() | {"epocs": 3, "In": [cell]})


def test_refuses_an_unannotated_line_of_the_parameters_cell():
    with pytest.raises(parameters.ParameterError, match="epocs"):
        parameters.check(namespace() | {"epocs": 3, "In": [CELL + "\nepocs = 3"]})


def test_running_the_cell_again_in_a_full_kernel_is_allowed():
    full = namespace(count=12, label="glioma")
    full["In"] += ["count = 12", "label = 'glioma'"]
    assert parameters.check(full).seed == 7


def test_a_mended_misspelling_is_forgotten():
    mended = namespace() | {"epocs": 3}
    mended["In"] = [CELL + "\nepocs: int = 3", CELL]
    assert parameters.check(mended).epochs is None


@pytest.mark.parametrize(
    ("injected", "named"),
    [
        ("epochs = 0", "epochs=0"),
        ("epochs = 1.5", "epochs=1.5"),
        ("side = 8", "side=8"),
        ("learning_rate = -1", "learning_rate=-1"),
        ('learning_rate = "fast"', "learning_rate='fast'"),
        ("batch_size = 0", "batch_size=0"),
        ("seed = -1", "seed=-1"),
        ('run = "../other"', "run='../other'"),
        ('profile = "quik"', "profile='quik'"),
        ('dataset = "Nick Parvar"', "dataset='Nick Parvar'"),
        ("replicates = 1", "replicates=1"),
    ],
)
def test_refuses_values_out_of_range(injected, named):
    name = injected.split()[0]
    cell = f"{CELL}\n{name}: object = None"
    values = namespace(f"# Parameters\n{injected}\n")
    with pytest.raises(parameters.ParameterError) as caught:
        parameters.check(values | {"In": [cell, f"# Parameters\n{injected}\n"]})
    assert named in str(caught.value)


def test_overrides_name_only_what_was_asked():
    settings = parameters.Parameters(epochs=2, learning_rate=0.1)
    assert settings.overrides() == {"epochs": 2, "learning_rate": 0.1}


def test_settings_cannot_be_changed_or_widened():
    with pytest.raises(ValidationError):
        parameters.Parameters(epocs=1)
    with pytest.raises(ValidationError):
        parameters.Parameters().seed = 8


@pytest.mark.parametrize(
    ("error", "plain"),
    [("parameters.ParameterError", True), ("ValueError", False)],
)
def test_a_notebook_shows_the_sentence_without_the_way_to_it(error, plain):
    source = f"from braintumor import parameters\nraise {error}('epocs is unknown')"
    with capture_output() as shown:
        InteractiveShell().run_cell(source)
    assert "epocs is unknown" in shown.stdout
    assert ("Traceback" not in shown.stdout) == plain

import matplotlib.pyplot as plt
import numpy as np
import pytest

from braintumor.parameters import Parameters
from braintumor.reporting import notebook


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    return Parameters(run="toy", seed=3)


def test_start_seeds_and_names_versions(settings):
    table = notebook.start(settings)
    first = np.random.random(3)
    notebook.start(settings)
    assert np.array_equal(first, np.random.random(3))
    assert table.loc["seed", "value"] == "3"
    assert table.loc["numpy", "value"] == np.__version__


def test_require_says_in_one_line_what_to_run_first(settings):
    path = notebook.run_paths(settings).manifest("phantom")
    with pytest.raises(notebook.MissingInputError) as caught:
        notebook.require(path, made_by="01_explore_dataset")
    message = str(caught.value)
    assert "data/runs/toy/manifests/phantom.csv" in message
    assert "01_explore_dataset" in message
    assert "\n" not in message
    path.parent.mkdir(parents=True)
    path.write_text("x")
    assert notebook.require(path, made_by="01_explore_dataset") == path


def test_contract_names_what_was_promised_and_not_made(settings):
    files = notebook.run_paths(settings)
    files.results.parent.mkdir(parents=True)
    files.results.write_text("x")
    assert notebook.require_made([files.results]) == ["results.csv"]
    files.figures.mkdir()
    with pytest.raises(AssertionError, match="toy/figures"):
        notebook.require_made([files.results, files.figures])
    files.results.write_text("")
    with pytest.raises(AssertionError, match="results.csv"):
        notebook.require_made([files.results])


def test_saved_figure_is_the_same_file_every_time(settings):
    folder = notebook.run_paths(settings).figures
    contents, open_before = set(), plt.get_fignums()
    for _ in range(2):
        figure, axes = plt.subplots()
        axes.plot([1, 2])
        assert notebook.save_figure(figure, "01_line", settings) is figure
        contents.add((folder / "01_line.png").read_bytes())
    assert len(contents) == 1
    assert plt.get_fignums() == open_before


@pytest.mark.parametrize("name", ["line", "1_line", "01_Line", "01_line.png"])
def test_figure_name_carries_the_number(settings, name):
    with pytest.raises(ValueError, match="figure name"):
        notebook.save_figure(plt.figure(), name, settings)
    plt.close("all")


def test_shows_source():
    assert "def require(" in notebook.show_source(notebook.require).data

import re

import nbformat
import pytest

from braintumor import provenance, runs
from braintumor.reporting import headline, notebook, report, report_page

HEADER = "run,dataset,model,view,metric,value,low,high,n,groups\n"
TABLE = HEADER + (
    "toy,phantom,densenet121_four_class,as_shipped,accuracy,0.9876,0.97,0.99,1311,80\n"
    "toy,phantom,densenet121_four_class,group_disjoint,accuracy,0.8,0.7,0.9,400,60\n"
    "toy,phantom,densenet121_four_class,as_shipped,macro_f1,0.1,0.1,0.1,1311,80\n"
    "toy,phantom,majority,as_shipped,accuracy,0.3,,,1311,80\n"
    "toy,phantom,majority_binary,as_shipped,accuracy,0.7,0.6,0.8,51,50\n"
    "toy,phantom,vgg19_binary,as_shipped,accuracy,0.81,0.7,0.9,51,50\n"
)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A run with one executed notebook, one that failed, a table and a figure."""
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    files = runs.run_paths("toy")
    files.notebooks.mkdir(parents=True)
    content = nbformat.v4.new_notebook()
    content.cells = [
        nbformat.v4.new_markdown_cell(
            "# 01 · Weigh toys\n\n> Toys <b>weigh</b> little."
        ),
        nbformat.v4.new_code_cell("6 * 7"),
    ]
    nbformat.write(content, files.executed("01_weigh"))
    nbformat.write(content, files.failed("02_break"))
    provenance.write(
        files.provenance("01_weigh"),
        parameters={"seed": 7, "dataset": "phantom"},
        seconds=65,
    )
    files.results.write_text(TABLE)
    files.figures.mkdir()
    (files.figures / "01_weights.png").write_bytes(b"")
    return files


def test_headline_sets_models_above_baselines_in_three_views(files):
    four, binary = headline.headline(files.results)
    assert [row["model"] for row in four["rows"]] == [
        "densenet121",
        "majority",
    ]
    model, baseline = four["rows"]
    assert model["cells"] == [
        {"value": "0.988", "interval": "0.970–0.990"},
        None,
        {"value": "0.800", "interval": "0.700–0.900"},
    ]
    assert baseline["baseline"]
    assert baseline["cells"][0]["interval"] == ""
    assert [view["n"] for view in four["views"]] == ["1,311", "–", "400"]
    assert [row["model"] for row in binary["rows"]] == ["vgg19", "majority"]


def test_headline_names_the_published_figure_beside_its_own_data_only(files):
    assert headline.headline(files.results)[0]["rows"][0]["published"] is None
    files.results.write_text(TABLE.replace("phantom", "nickparvar"))
    assert headline.headline(files.results)[0]["rows"][0]["published"] == "0.96"


def test_headline_without_a_table_is_empty(files):
    assert headline.headline(files.folder / "none.csv") == []


def test_index_links_pages_figures_and_table(files):
    index = report.build_report("toy").read_text()
    for part in (
        'href="01_weigh.html"',
        "Toys &lt;b&gt;weigh&lt;/b&gt; little.",
        "../figures/01_weights.png",
        "../results.csv",
        "0.988",
        "1 min 5 s",
        "Phantoms, not patients",
        "not for diagnosis",
    ):
        assert part in index
    assert "02_break" not in index
    assert "6 * 7" not in index
    page = (files.report / "01_weigh.html").read_text()
    assert "all notebooks of this run" in page
    assert "<title>01 · Weigh toys</title>" in page


def test_real_data_carries_no_word_about_phantoms(files):
    provenance.write(
        files.provenance("01_weigh"), parameters={"dataset": "nickparvar"}, seconds=1
    )
    assert "Phantoms" not in report.build_report("toy").read_text()


def test_a_widget_shows_as_its_text_and_loads_no_script(files):
    content = nbformat.read(files.executed("01_weigh"), as_version=4)
    view = {report.WIDGET_VIEW: {"model_id": "1a"}, "text/plain": "UploadDemo: dead"}
    content.cells[1].outputs = [nbformat.v4.new_output("display_data", view)]
    state = {"state": {"1a": {"model_name": "VBoxModel"}}, "version_major": 2}
    content.metadata["widgets"] = {
        "application/vnd.jupyter.widget-state+json": {**state, "version_minor": 0}
    }
    nbformat.write(content, files.executed("01_weigh"))
    report.build_report("toy")
    page = (files.report / "01_weigh.html").read_text()
    assert "UploadDemo: dead" in page
    assert "VBoxModel" not in page and "html-manager" not in page


def test_a_run_without_notebooks_has_no_report(files):
    with pytest.raises(FileNotFoundError, match="make run RUN=other"):
        report.build_report("other")


@pytest.mark.parametrize(
    ("seconds", "shown"), [(7.4, "7 s"), (65, "1 min 5 s"), (7500, "2 h 5 min")]
)
def test_duration(seconds, shown):
    assert report.duration(seconds) == shown


def test_a_page_shows_no_start_up_noise_and_keeps_real_warnings(files):
    noise = "WARNING: All log messages before absl::InitializeLog() is called\n"
    noise += "I0000 00:00:1.5 port.cc:153] oneDNN custom operations are on.\n"
    content = nbformat.read(files.executed("01_weigh"), as_version=4)
    content.cells[1].outputs = [
        nbformat.v4.new_output("stream", name="stderr", text=noise),
        nbformat.v4.new_output("stream", name="stdout", text="forty-two"),
    ]
    nbformat.write(content, files.executed("01_weigh"))
    report.build_report("toy")
    page = (files.report / "01_weigh.html").read_text()
    assert "forty-two" in page and "InitializeLog" not in page
    content.cells[1].outputs[0].text += "a real warning\n"
    nbformat.write(content, files.executed("01_weigh"))
    report.build_report("toy")
    assert "a real warning" in (files.report / "01_weigh.html").read_text()


def test_shown_source_is_set_as_code_and_wide_outputs_scroll(files):
    content = nbformat.read(files.executed("01_weigh"), as_version=4)
    shown = {"text/html": notebook.show_source(report.duration)._repr_html_()}
    content.cells[1].outputs = [nbformat.v4.new_output("display_data", shown)]
    nbformat.write(content, files.executed("01_weigh"))
    report.build_report("toy")
    page = (files.report / "01_weigh.html").read_text()
    assert re.search(r'class="highlight"><pre>', page)  # what the rule is about
    assert re.search(r"\.highlight pre \{[^}]*monospace", report_page.PAGE_STYLE)
    assert re.search(r"OutputArea-output \{ overflow-x: auto", report_page.PAGE_STYLE)
    assert report_page.PAGE_STYLE in page

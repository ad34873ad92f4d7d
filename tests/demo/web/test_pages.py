"""The page as a browser without a script sees it."""

import io
import re
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from braintumor.demo import web
from braintumor.demo.web import samples
from braintumor.reporting.palette import CLASS_COLOURS

FOLDER = Path(web.__file__).parent


def cards_of(page):
    shown = page.partition("<template")[0]
    return re.findall(r'<article class="card ([a-z-]+)"', shown)


def test_the_form_offers_every_model_and_names_what_is_missing(client):
    page = client.get("/").text
    assert re.search(r'value="densenet121_four_class" checked', page)
    assert re.search(r'value="vgg16_four_class"\s+disabled', page)
    assert "braintumor models ship" in page
    assert not re.search(r'value="vgg19_binary"\s+disabled', page)
    assert "Teaching and research only" in page


@pytest.mark.parametrize(
    ("kind", "card", "heading"),
    [
        ("answer", "is-answer", "Most like glioma"),
        ("uncertain", "is-uncertain", "Uncertain"),
        ("not_a_slice", "is-refused", "Not a brain MRI slice"),
    ],
)
def test_every_state_has_its_card(form, pictures, kind, card, heading):
    response = form.send(("slice.png", pictures[kind]))
    assert response.status_code == 200
    assert cards_of(response.text) == [card]
    assert heading in response.text
    # Below the form, on the card, and on the script's model of a card.
    assert response.text.count("Teaching and research only, not for diagnosis.") == 3
    assert "This head is a phantom" not in response.text


def test_an_answer_shows_slice_overlay_and_every_probability(form, pictures):
    page = form.send(("slice.png", pictures["answer"])).text
    assert page.count("data:image/png;base64,") == 2
    assert re.findall(r'<td class="value">([^<]+)</td>', page) == [
        "90.0 %",
        *["3.3 %"] * 3,
    ]
    assert 'class="fill" width="90.00%"' in page


def test_a_refused_picture_has_no_probabilities_and_no_overlay(form, pictures):
    page = form.send(("slice.png", pictures["not_a_slice"])).text
    assert "<table" not in page
    assert page.count("data:image/png;base64,") == 1


def test_an_unreadable_file_says_why_and_what_to_do(form, pictures):
    response = form.send(("slice.png", pictures["unreadable"]))
    assert response.status_code == 422
    assert cards_of(response.text) == ["is-problem"]
    assert "is damaged or cut short" in response.text


def test_one_bad_file_stops_no_other(form, pictures):
    sent = [(f"{kind}.png", content) for kind, content in pictures.items()]
    response = form.send(*sent)
    assert response.status_code == 200
    kinds = ["is-answer", "is-uncertain", "is-refused", "is-problem"]
    assert cards_of(response.text) == kinds


def test_the_chosen_model_answers(form, pictures):
    page = form.send(("a.png", pictures["answer"]), model="vgg19_binary").text
    assert "Most like no tumour" in page
    assert re.search(r'value="vgg19_binary" checked', page)


def test_names_and_warnings_are_text(form, pictures):
    name = "<script>alert(1)</script>\u202e" + "x" * 300 + ".png"
    page = form.send((name, pictures["uncertain"])).text
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert "\u202e" not in page and "x" * 81 not in page
    assert "A warning &lt;b&gt;about&lt;/b&gt; it." in page


def test_a_sample_is_answered(form):
    response = form.send(sample="0")
    assert "This head is a phantom" in response.text
    assert cards_of(response.text) == ["is-answer"]
    assert "phantom_glioma.png" in response.text


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({}, 400, "No file was chosen"),
        ({"sample": "99"}, 404, "There is no such sample"),
        ({"sample": "../secret"}, 404, "There is no such sample"),
        ({"sample": "0", "model": "vgg16_four_class"}, 404, "does not answer with"),
        ({"sample": "0", "model": "../../etc"}, 404, "No model has that name"),
        ({"sample": "0", "position": "first"}, 400, "no whole number"),
        ({"sample": "0", "position": "7"}, 422, "none at position 7"),
    ],
)
def test_refusals_of_the_form_are_sentences(form, fields, status, sentence):
    response = form.send(**fields)
    assert response.status_code == status
    assert sentence in response.text
    assert "../" not in response.text


def test_too_many_files_at_once(form, pictures):
    files = [(f"{k}.png", pictures["answer"]) for k in range(9)]
    response = form.send(*files)
    assert response.status_code == 413
    assert "More than 8 files at once" in response.text


def test_the_script_gets_cards_alone(form, pictures):
    headers = {"X-Wants-Cards": "1"}
    good = form.send(("a.png", pictures["answer"]), headers=headers)
    assert "<html" not in good.text and cards_of(good.text) == ["is-answer"]
    bad = form.send(headers=headers)
    assert bad.status_code == 400
    assert "<html" not in bad.text and cards_of(bad.text) == ["is-problem"]


def test_samples_are_pictures_and_wait_until_they_are_drawn(app, client):
    response = client.get("/samples/0.png")
    assert Image.open(io.BytesIO(response.data)).size == (160, 160)
    assert client.get("/samples/9.png").status_code == 404
    samples = app.extensions["desk"].samples
    samples.pictures, samples.awaited = (), True
    assert "reload the page" in client.get("/samples").text
    samples.awaited = False
    assert client.get("/samples").text.strip() == ""


def test_samples_are_drawn_once_in_another_process(tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    commands = []
    monkeypatch.setattr(samples.subprocess, "run", lambda *a, **_: commands.append(a))
    monkeypatch.setattr(samples.samples, "load_samples", list)
    offered = samples.Samples()
    offered._draw()
    assert len(commands) == 1 and len(offered.pictures) == 1
    marker = tmp_path / "data" / "cache" / "samples" / "phantom.json"
    marker.parent.mkdir(parents=True)
    marker.touch()
    offered._draw()
    assert len(commands) == 1


def test_samples_that_cannot_be_drawn_are_not_offered(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    monkeypatch.setattr(samples, "COMMAND", "raise SystemExit('no room left')")
    offered = samples.Samples()
    offered._draw()
    assert offered.pictures == () and not offered.awaited
    assert "no room left" in caplog.text


def test_nothing_is_written(form, pictures, monkeypatch):
    """Werkzeug writes what is larger than half a megabyte to a temporary file."""

    def refuse(*_, **__):
        raise AssertionError("a temporary file was asked for")

    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refuse)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", refuse)
    padded = pictures["answer"] + bytes(2_000_000)
    assert form.send(("big.png", padded)).status_code == 200


def test_pages_hold_nothing_inline_and_nothing_from_elsewhere():
    for template in (FOLDER / "templates").iterdir():
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*src)", text)
        assert not re.search(r"(src|href)=\"(https?:)?//", text), template


def test_class_colours_are_those_of_the_figures():
    sheet = (FOLDER / "static" / "page.css").read_text(encoding="utf-8")
    for label, colour in CLASS_COLOURS.items():
        assert colour.lower() in sheet, label
        assert f".class-{label} " in sheet

"""The upload widget in the kernel, as browsers of ipywidgets 7 and 8 drive it."""

import datetime
import html
import inspect
import io
from dataclasses import replace

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from braintumor.data.uploads import decode_upload
from braintumor.demo import cards, widgets
from braintumor.demo.answers import Answer, Prepared
from braintumor.demo.samples import Sample

CLASSES = ("glioma", "meningioma", "no_tumor", "pituitary")
ANSWER = Answer(
    state="answer",
    model="densenet121_four_class",
    classes=CLASSES,
    probabilities=(0.02, 0.931, 0.0483, 0.0007),
    decision="meningioma",
    reason="",
    warnings=("It is coloured.",),
    image=np.full((5, 4), 90, np.uint8),
    heat=np.ones((2, 2), np.float32),
    side=8,
)
STATES = {
    "answer": ANSWER,
    "uncertain": replace(ANSWER, state="uncertain", decision=None, reason="It <hides>"),
    "not_a_slice": replace(
        ANSWER,
        state="not_a_slice",
        probabilities=(),
        decision=None,
        reason="It is a photograph.",
        heat=None,
    ),
}


class FakePredictor:
    """Decodes for real and answers by the brightness of the slice's first pixel."""

    def __init__(self):
        self.passes = []

    def prepare(self, content, name="the upload", *, position=None):
        upload = decode_upload(content, name, position=position)
        return Prepared(upload, upload.pixels, upload.pixels)

    def answer(self, prepared):
        self.passes.append(len(prepared))
        return [STATES[[*STATES][one.pixels[0, 0] // 100]] for one in prepared]


def png(value=0):
    stream = io.BytesIO()
    Image.fromarray(np.full((8, 8), value, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def demo():
    samples = [Sample("glioma", png(0), np.zeros((8, 8), bool))]
    return widgets.UploadDemo(FakePredictor(), samples)


def choose(demo, *files):
    """Do what the browser's half of the installed ipywidgets does."""
    if hasattr(demo.upload, "_counter"):  # 7
        demo.upload.set_state(
            {
                "metadata": [{"name": name, "size": len(c)} for name, c in files],
                "data": [memoryview(content) for _, content in files],
                "_counter": demo.upload._counter + 1,
            }
        )
        return
    day = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    facts = {"type": "image/png", "size": 1, "last_modified": day.timestamp() * 1000}
    demo.upload.set_state(
        {"value": [{"name": n, "content": memoryview(c)} | facts for n, c in files]}
    )


def texts(demo):
    return [html.unescape(card.value) for card in demo.answers.children]


@pytest.mark.parametrize(
    "value",
    [
        {"a.png": {"metadata": {"size": 1}, "content": b"x"}, "b": {"content": b"y"}},
        (
            {"name": "a.png", "content": memoryview(b"x"), "size": 1},
            {"name": "b", "content": memoryview(b"y"), "size": 1},
        ),
    ],
    ids=["ipywidgets 7", "ipywidgets 8"],
)
def test_both_forms_of_an_upload_are_read(value):
    assert widgets.uploaded_files(value) == [("a.png", b"x"), ("b", b"y")]
    assert widgets.uploaded_files(type(value)()) == []


def test_a_dict_of_uploads_is_answered(demo):
    demo._take_uploads({"new": {"a.png": {"content": png(0)}}})
    assert "Most like: meningioma" in texts(demo)[0]


def test_several_uploads_are_answered_in_order_and_the_newest_stand_on_top(demo):
    choose(demo, ("first.png", png(0)))
    choose(demo, ("second.png", png(100)), ("third.png", png(200)))
    second, third, first = texts(demo)
    assert "first.png" in first and "Most like: meningioma" in first
    assert "second.png" in second and "Uncertain: no decision" in second
    assert "third.png" in third and "Not a brain MRI slice" in third
    assert demo._predictor.passes == [1, 2]


def test_the_same_file_can_be_chosen_again(demo):
    for _ in range(2):
        choose(demo, ("same.png", png(0)))
        assert widgets.uploaded_files(demo.upload.value) == []
    assert len(texts(demo)) == 2


def test_many_files_go_through_in_batches(demo):
    choose(demo, *((f"{number}.png", png(0)) for number in range(19)))
    assert demo._predictor.passes == [8, 8, 3]
    assert all(f"<bdi>{n}.png<" in card for n, card in enumerate(texts(demo)))
    assert demo.status.value == cards.NOTICE


def test_a_file_that_is_no_slice_is_told_in_a_sentence_and_the_rest_answered(demo):
    choose(demo, ("a.png", b"no picture"), ("b.png", png(0)), ("c.png", png()[:40]))
    wrong, right, cut = texts(demo)
    assert "cannot be read" in wrong and "The file is text" in wrong
    assert "Most like" in right
    assert "cannot be read" in cut and "Traceback" not in cut
    assert demo._predictor.passes == [1]


@pytest.mark.parametrize("state", STATES)
def test_a_card_tells_state_reason_probabilities_and_the_notice(state):
    card = cards.show_answer("s.png", STATES[state])
    shown = html.unescape(card)
    assert cards.NOTICE in shown and "It is coloured." in shown
    assert STATES[state].reason in shown
    assert card.count("data:image/png;base64") == (1 if state == "not_a_slice" else 2)
    percents = ["2.0 %", "93.1 %", "4.8 %", "< 0.1 %"]
    assert all((p in shown) is (state != "not_a_slice") for p in percents)
    assert ("meningioma</h4>" in shown) is (state == "answer")


@pytest.mark.parametrize("probability", [0.99951, 1.0])
def test_no_card_claims_certainty(probability):
    assert cards.show_percent(probability) == "> 99.9 %"


def test_whatever_comes_from_outside_is_escaped(demo):
    evil = "<img src=x onerror=alert(1)>\"'"
    choose(demo, (evil, png(0)), (evil, png(100)), (evil, b"<script>"))
    for card in demo.answers.children:
        assert "<img src=x" not in card.value and html.escape(evil) in card.value
        assert "<script" not in card.value and "<hides>" not in card.value
    answer = replace(ANSWER, warnings=(evil,), classes=(evil, "b", "c", "d"))
    assert "<img src=x" not in cards.show_answer("a", answer)


def test_the_overlay_can_be_switched_off_and_on(demo):
    assert cards.HIDDEN_HEAT not in demo._dom_classes
    demo.heat.value = False
    assert cards.HIDDEN_HEAT in demo._dom_classes
    assert f".{cards.HIDDEN_HEAT} .bt-heat {{display: none}}" in cards.STYLE
    demo.heat.value = True
    assert cards.HIDDEN_HEAT not in demo._dom_classes


def test_a_sample_can_be_clicked_and_everything_taken_back(demo):
    demo.samples.children[0].children[1].click()
    assert "phantom_glioma.png" in texts(demo)[0]
    demo.reset.click()
    assert texts(demo) == [] and demo.status.value == cards.NOTICE


def test_the_limit_is_shown_and_several_files_may_be_chosen(demo):
    assert "10 MB" in demo.children[0].value
    assert demo.upload.multiple and ".jpeg" in demo.upload.accept


def test_an_unforeseen_error_is_told_and_not_swallowed(demo):
    demo._predictor.answer = lambda prepared: 1 / 0
    with pytest.raises(ZeroDivisionError):
        demo.take([("a.png", png())])
    assert "went wrong" in demo.status.value
    assert not demo.upload.disabled


def test_callbacks_are_short():
    names = ("_take_uploads", "_take_sample", "_switch_heat", "_start_over", "take")
    for name in names:
        body = inspect.getsource(getattr(widgets.UploadDemo, name))
        code = body.split('"""')[-1]
        assert len(code.strip().splitlines()) <= 15, name


def test_the_widget_is_a_box_that_shows_itself(demo):
    assert isinstance(demo, ipywidgets.VBox)
    assert demo.answers in demo.children and demo.upload in demo.children[1].children

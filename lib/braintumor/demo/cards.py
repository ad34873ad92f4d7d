"""One answer as a card of plain HTML, for a notebook that may run anywhere.

No figure is drawn and no script runs, so the same text shows in JupyterLab, in Voila,
in Colab and in a stored notebook. Whatever came from outside is escaped.
"""

import base64
import html
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from braintumor.data.decoding import UnreadableSliceError
from braintumor.reporting.palette import CLASS_COLOURS, INK, show_name

if TYPE_CHECKING:
    from braintumor.demo.predict import Answer

NOTICE = "Teaching and research only, not for diagnosis."
HEADLINES = {
    "uncertain": "Uncertain: no decision",
    "not_a_slice": "Not a brain MRI slice",
}
HIDDEN_HEAT = "bt-no-heat"  # this class on any box around the cards hides the overlays
# Colours of text are left alone: they follow the light or dark theme around the card.
STYLE = """<style>
.bt-card {display: flex; flex-wrap: wrap; gap: 1em; margin: .5em 0; padding: .8em;
  border: 1px solid rgba(128,128,128,.5); border-left-width: 6px; border-radius: 6px;
  line-height: 1.4; overflow-wrap: anywhere}
.bt-card h4 {margin: 0; font-size: 1.15em} .bt-card p {margin: .3em 0}
.bt-facts {flex: 1 1 18em; min-width: 0}
.bt-image {position: relative; width: 192px; align-self: flex-start}
.bt-image img {display: block; width: 100%; margin: 0}
.bt-image .bt-heat {position: absolute; top: 0; left: 0}
.bt-scale {height: .6em; margin-top: .3em;
  background: linear-gradient(90deg, #000004, #57106e, #bc3754, #f98e09, #fcffa4)}
.bt-ends {display: flex; justify-content: space-between; font-size: .85em}
.bt-no-heat .bt-heat {display: none}
.bt-bar {display: grid; grid-template-columns: 7em 1fr 4.5em; gap: .5em;
  align-items: center}
.bt-track {height: .9em; background: rgba(128,128,128,.25)}
.bt-track div {height: 100%}
.bt-bar span:last-child {text-align: right; font-variant-numeric: tabular-nums}
</style>"""


def show_answer(name: str, answer: "Answer") -> str:
    """Write the card of one answer.

    Args:
        name: what the file was called; shown, never trusted.
        answer: of the predictor; the card shows its picture, heat, reason, warnings
            and every probability.
    """
    if answer.state == "answer":
        headline = f"Most like: {show_name(answer.decision)}"
    else:
        headline = HEADLINES[answer.state]
    rows = zip(answer.classes, answer.probabilities, strict=False)
    facts = [_sentence(text) for text in (answer.reason, *answer.warnings) if text]
    facts += [_bar(label, float(probability)) for label, probability in rows]
    accent = CLASS_COLOURS.get(answer.decision or "", "#8C8C8C")
    return _card(name, headline, facts, accent, _picture(answer))


def show_problem(name: str, error: UnreadableSliceError) -> str:
    """Write the card of a file that cannot be read: its fault, and the cure."""
    subject = "The file " if error.problem[:1].isalpha() else ""
    said = f"{subject}{error.problem}. {error.cure}"
    return _card(name, "This file cannot be read", [_sentence(said)], INK)


def page(cards: Iterable[str]) -> str:
    """Put cards under one another with the style that they need."""
    return STYLE + "".join(cards)


def show_percent(probability: float) -> str:
    """Write a probability in per cent, without ever claiming certainty."""
    if probability > 0.999:
        return "> 99.9 %"
    return "< 0.1 %" if probability < 0.001 else f"{probability:.1%}".replace("%", " %")


def data_uri(pixels: np.ndarray) -> str:
    """Encode pixels for an `img`: uint8 (h, w) grey or (h, w, 4) with opacity."""
    stream = io.BytesIO()
    # Twice as quick as the usual level, and a tenth larger.
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def _card(
    name: str, headline: str, facts: list[str], accent: str, picture: str = ""
) -> str:
    # <bdi> keeps a name with right-to-left marks from turning the sentence around.
    return (
        f'<section class="bt-card" style="border-left-color: {accent}">{picture}'
        f'<div class="bt-facts"><p><bdi>{html.escape(name)}</bdi></p>'
        f"<h4>{html.escape(headline)}</h4>{''.join(facts)}"
        f"<p><small>{NOTICE}</small></p></div></section>"
    )


def _sentence(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def _bar(label: str, probability: float) -> str:
    colour = CLASS_COLOURS.get(label, INK)
    return (
        f'<div class="bt-bar"><span>{html.escape(show_name(label))}</span>'
        f'<div class="bt-track"><div style="width: {probability:.1%}; '
        f'background: {colour}"></div></div>'
        f"<span>{html.escape(show_percent(probability))}</span></div>"
    )


def _picture(answer: "Answer") -> str:
    image = f'<img alt="The slice" src="{data_uri(answer.image)}">'
    if answer.overlay is None:
        return f'<div class="bt-image">{image}</div>'
    heat = f'<img class="bt-heat" alt="Grad-CAM" src="{data_uri(answer.overlay)}">'
    return (
        f'<div><div class="bt-image">{image}{heat}</div><div class="bt-heat">'
        '<div class="bt-scale"></div>'
        '<div class="bt-ends"><span>little</span><span>much</span></div></div></div>'
    )

"""Why a picture is refused, in one sentence for somebody who is no radiologist."""

from collections.abc import Mapping

import numpy as np

ELONGATION = np.log(2.0)  # native slices of the published sets stay below 1.8 : 1
EVEN_SPREAD = 4 / 255  # standard deviation of grey levels, 0 to 1
RARE = 2.5  # normal score from which a fact may be named as the reason

COLOR = "This looks like a colour picture; an MRI slice is grey."
BLANK = "This picture is blank, or nearly so; an MRI slice shows a head."
LONG = "This picture is too long and narrow to be an MRI slice of a head."
BRIGHT = "This picture is bright up to its edges; an MRI slice shows a head on black."
FLAT = (
    "Much of this picture is perfectly even, as in a drawing, a text or a screenshot; "
    "an MRI slice is not."
)
ROUGH = (
    "This picture is rough all over, like noise or a pattern; an MRI slice is smoother."
)
OTHER = "This does not look like the MRI slices of heads that the model has learned."
HINTS = (  # fact, the unusual side, what it tells a reader
    ("border", 1, BRIGHT),
    ("corners", 1, BRIGHT),
    ("commonest", 1, FLAT),
    ("levels", -1, FLAT),
    ("inner_even", 1, FLAT),
    ("rough", 1, ROUGH),
    ("band_6", 1, ROUGH),
)


def name_obvious(facts: Mapping[str, float], saturation: float) -> str | None:
    """Return the reason to refuse that one fact alone gives, or None.

    Args:
        facts: by name, as in `facts.NAMES`.
        saturation: the largest that may pass, 0 to 1.
    """
    if facts["saturation"] > saturation:
        return COLOR
    if facts["spread"] < EVEN_SPREAD:
        return BLANK
    if facts["elongation"] > ELONGATION:
        return LONG
    return None


def name_reason(scores: Mapping[str, float]) -> str:
    """Return what is most unusual about a refused picture.

    Args:
        scores: normal scores of the facts, by name.
    """
    strength, reason = max((sign * scores[name], text) for name, sign, text in HINTS)
    return reason if strength >= RARE else OTHER

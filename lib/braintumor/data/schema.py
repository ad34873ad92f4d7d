"""What a manifest is: its columns and the rules that their values keep."""

import pandas as pd

from braintumor.data import catalogue

COLUMNS = (
    "slice_id",
    "path",
    "label",
    "source",
    "official_split",
    "patient_id",
    "group_id",
    "width",
    "height",
    "mode",
    "sha256",
    "pixel_sha256",
)
NUMBERS = ("group_id", "width", "height")
UNGROUPED = -1  # until the audit has named the groups
SHOWN_FAULTS = 20


class ManifestError(ValueError):
    """A table that is no manifest; the message names column, value and cure."""


def check_manifest(frame: pd.DataFrame) -> pd.DataFrame:
    """Hold a table against the manifest's schema; further columns may stand beside.

    Raises:
        ManifestError: names every column and value that breaks a rule.
    """
    import pandera.pandas as pandera

    try:
        return _schema(pandera).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        lines = [
            f"  {row.column or row.failure_case}: {row.check} fails for "
            f"{row.failure_case!r}"
            for row in cases.head(SHOWN_FAULTS).itertuples()
        ]
        raise ManifestError(
            f"This table is no manifest ({len(cases)} faults). Build it again with "
            "notebook 01.\n" + "\n".join(lines)
        ) from error


def _schema(pandera):
    names = catalogue.FOUR_CLASSES + catalogue.BINARY_CLASSES
    text = {"dtype": None, "nullable": False}
    optional = {"dtype": None, "nullable": True}
    digest = pandera.Check.str_matches(r"^[0-9a-f]{64}$")
    positive = pandera.Check.gt(0)
    return pandera.DataFrameSchema(
        {
            "slice_id": pandera.Column(unique=True, **text),
            "path": pandera.Column(
                checks=pandera.Check.str_matches(r"^[^/\\][^\\]*$"), **text
            ),
            "label": pandera.Column(checks=pandera.Check.isin(names), **text),
            "source": pandera.Column(
                checks=pandera.Check.isin(catalogue.SOURCES), **text
            ),
            "official_split": pandera.Column(
                checks=pandera.Check.isin(["training", "test"]), **optional
            ),
            "patient_id": pandera.Column(**optional),
            "group_id": pandera.Column("int64", pandera.Check.ge(UNGROUPED)),
            "width": pandera.Column("int64", positive),
            "height": pandera.Column("int64", positive),
            "mode": pandera.Column(**text),
            "sha256": pandera.Column(checks=digest, **text),
            "pixel_sha256": pandera.Column(checks=digest, **text),
        }
    )

"""Where page and interface hand a file in and get its answer out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app

from braintumor.demo.web.problems import Problem, explain
from braintumor.demo.web.samples import Samples
from braintumor.demo.web.settings import Settings

USUAL_MODEL = "densenet121_four_class"


@dataclass(frozen=True)
class Outcome:
    """What became of one file: an answer, or a problem.

    Attributes:
        name: of the file, safe to show where the template escapes it.
        answer: `demo.predict.Answer`, or None.
        upload: `data.uploads.Upload`, or None.
        problem: the refusal, or None.
    """

    name: str
    answer: Any = None
    upload: Any = None
    problem: Problem | None = None


@dataclass(frozen=True)
class Desk:
    """Everything that a request needs; `app.extensions["desk"]`.

    Attributes:
        workers: model name → worker.
        models: status of every model, missing ones included.
        settings: limits and names.
        samples: the pictures to try.
    """

    workers: Mapping[str, Any]
    models: Sequence[Any]
    settings: Settings
    samples: Samples

    @property
    def usual_model(self) -> str:
        """Return the model that answers if none is named; "" where none is there."""
        return (
            USUAL_MODEL if USUAL_MODEL in self.workers else next(iter(self.workers), "")
        )

    def worker(self, model: str) -> Any:
        """Return a model's worker.

        Raises:
            Problem: 404; the model is unknown, or known and missing.
        """
        if model in self.workers:
            return self.workers[model]
        for status in self.models:
            if status.name == model:
                cure = " && ".join(status.how_to.split("\n"))
                raise Problem(
                    404,
                    f"This server does not answer with {status.name}",
                    cure and f"To make it: {cure}",
                    slug="missing-model",
                )
        names = ", ".join(self.workers) or "none"
        raise Problem(
            404,
            "No model has that name",
            f"Name one of those that answer here: {names}.",
            slug="unknown-model",
        )

    def ask(
        self, worker: Any, content: bytes, name: str, position: int | None
    ) -> Outcome:
        """Have one file answered.

        Raises:
            UnreadableSliceError: the file is no slice.
            QueueFullError, TooSlowError, StoppedError: the worker cannot answer.
        """
        prepared = worker.prepare(content, name, position=position)
        answer = worker.submit(prepared)
        current_app.extensions["metrics"].count_answer(answer)
        return Outcome(name, answer=answer, upload=prepared.upload)

    def ask_safely(
        self, worker: Any, content: bytes, name: str, position: int | None
    ) -> Outcome:
        """Have one file answered, or get its problem: one bad file stops no other."""
        try:
            return self.ask(worker, content, name, position)
        except Exception as error:  # the fault is logged by `explain`
            return Outcome(name, problem=explain(error))


def desk() -> Desk:
    """Return the desk of the application that handles this request."""
    return current_app.extensions["desk"]


def read_position(text: str | None) -> int | None:
    """Return which slice of a volume is wanted, counted from 0; None for any.

    Raises:
        Problem: 400; it is no whole number.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise Problem(
            400,
            "The position of the slice is no whole number",
            "Count the slices of a volume from 0, or leave it out.",
        )
    return int(text)

"""The upload demo as one notebook widget, for ipywidgets 7.7 (Colab) and 8."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets

from braintumor.data.decoding import UnreadableSliceError
from braintumor.demo import cards
from braintumor.demo.samples import Sample

if TYPE_CHECKING:
    from braintumor.demo.predict import Predictor, Prepared

# What the file dialogue offers; the decoder decides by content, not by name.
ACCEPTED = ".png,.jpg,.jpeg,.dcm,.nii,.gz"
HINT = (
    "PNG or JPEG; DICOM and NIfTI, too. Jupyter carries at most about 10 MB at once "
    "and drops what is larger without a word. Nothing is stored."
)
BATCH = 8  # slices in one forward pass: little memory, and progress is seen

File = tuple[str, bytes]  # name and content


def uploaded_files(value: Any) -> list[File]:
    """Return name and content of every file in `FileUpload.value`.

    Args:
        value: a mapping by name in ipywidgets 7, a sequence of entries in 8.
    """
    if isinstance(value, Mapping):
        value = [{"name": name, **entry} for name, entry in value.items()]
    return [(str(entry["name"]), bytes(entry["content"])) for entry in value]


def clear_upload(upload: ipywidgets.FileUpload) -> None:
    """Empty an upload button, so that the same file may be chosen again."""
    if isinstance(upload.value, Mapping):
        upload.metadata, upload.data = [], []
        upload._counter = 0  # in ipywidgets 7 the value follows the counter
    else:
        upload.value = ()


def answer_files(predictor: "Predictor", files: Sequence[File]) -> list[str]:
    """Return one card per file, in order, after one forward pass.

    Args:
        predictor: prepares each file and answers those that are slices.
        files: name and content of each.
    """
    read = [_prepare(predictor, *file) for file in files]
    slices = [slice_ for slice_ in read if not isinstance(slice_, UnreadableSliceError)]
    answers = iter(predictor.answer(slices) if slices else [])
    return [
        cards.show_problem(name, slice_)
        if isinstance(slice_, UnreadableSliceError)
        else cards.show_answer(name, next(answers))
        for (name, _), slice_ in zip(files, read, strict=True)
    ]


def _prepare(
    predictor: "Predictor", name: str, content: bytes
) -> "Prepared | UnreadableSliceError":
    try:
        return predictor.prepare(content, name)
    except UnreadableSliceError as error:
        return error


class UploadDemo(ipywidgets.VBox):
    """Upload slices or click a sample, and read a card for each, newest on top.

    Attributes:
        upload: the button that takes files.
        samples: a thumbnail and a button per sample.
        heat: whether the cards show their Grad-CAM overlay.
        reset: the button that takes all cards away.
        status: one sentence about what is going on.
        answers: the cards, one `HTML` each.
    """

    def __init__(self, predictor: "Predictor", samples: Iterable[Sample] = ()) -> None:
        """Build the widget.

        Args:
            predictor: answers the slices.
            samples: to be clicked by who has no slice at hand.
        """
        super().__init__()
        self._predictor = predictor
        wide = ipywidgets.Layout(width="auto")
        self.upload = ipywidgets.FileUpload(
            accept=ACCEPTED, multiple=True, description="Choose slices", layout=wide
        )
        self.samples = ipywidgets.HBox([self._offer(sample) for sample in samples])
        self.heat = ipywidgets.Checkbox(
            value=True,
            description="Show where the answer comes from",
            indent=False,
            layout=wide,
        )
        self.reset = ipywidgets.Button(description="Start over", icon="undo")
        self.status = ipywidgets.HTML(cards.NOTICE)
        self.answers = ipywidgets.VBox()
        self._arrange()
        self.upload.observe(self._take_uploads, names="value")
        self.heat.observe(self._switch_heat, names="value")
        self.reset.on_click(self._start_over)

    def _arrange(self) -> None:
        hint = ipywidgets.HTML(cards.STYLE + HINT)
        row = ipywidgets.HBox([self.upload, self.heat, self.reset])
        self.children = [hint, row, self.samples, self.status, self.answers]
        for box in (row, self.samples):
            box.layout.flex_flow, box.layout.grid_gap = "row wrap", "6px 12px"

    def __repr__(self) -> str:
        """Stand in for the widget where no kernel runs."""
        return "UploadDemo: run this notebook, or `make voila`, to upload a slice here"

    def take(self, files: Sequence[File]) -> None:
        """Answer files and put their cards on top, the first file's first.

        Args:
            files: name and content of each.
        """
        shown: list[ipywidgets.HTML] = []
        before = self.answers.children
        with self._working():
            for start in range(0, len(files), BATCH):
                self.status.value = f"Looking at file {start + 1} of {len(files)} …"
                some = answer_files(self._predictor, files[start : start + BATCH])
                shown += [ipywidgets.HTML(card) for card in some]
                self.answers.children = (*shown, *before)

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        """Say how it ended; an error that nobody foresaw goes on into Jupyter's log."""
        self.upload.disabled = True
        try:
            yield
            self.status.value = cards.NOTICE
        except Exception:
            self.status.value = "This went wrong; Jupyter's log says why. Start over."
            raise
        finally:
            self.upload.disabled = False

    def _offer(self, sample: Sample) -> ipywidgets.VBox:
        picture = ipywidgets.Image(
            value=sample.content, format="png", width=112, height=112
        )
        label = cards.show_name(sample.label)
        button = ipywidgets.Button(
            description=label,
            tooltip=f"Try a drawn slice: {label}",
            layout=ipywidgets.Layout(width="112px"),
        )
        button.on_click(partial(self._take_sample, sample))
        return ipywidgets.VBox([picture, button])

    def _take_uploads(self, change: Mapping[str, Any]) -> None:
        files = uploaded_files(change["new"])
        if files:  # clearing the button calls this again, with nothing
            clear_upload(self.upload)
            self.take(files)

    def _take_sample(self, sample: Sample, _button: ipywidgets.Button) -> None:
        self.take([(sample.name, sample.content)])

    def _switch_heat(self, change: Mapping[str, Any]) -> None:
        switch = self.remove_class if change["new"] else self.add_class
        switch(cards.HIDDEN_HEAT)

    def _start_over(self, _button: ipywidgets.Button) -> None:
        clear_upload(self.upload)
        self.answers.children = ()
        self.status.value = cards.NOTICE

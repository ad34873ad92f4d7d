"""The files of one run: who writes what where, said once."""

from dataclasses import dataclass
from pathlib import Path

from braintumor import paths


@dataclass(frozen=True)
class RunPaths:
    """Names every file of a run; makes none of them.

    Attributes:
        folder: the run's own folder; all others lie in it.
    """

    folder: Path

    @property
    def notebooks(self) -> Path:
        """Folder of the executed copies."""
        return self.folder / "notebooks"

    @property
    def figures(self) -> Path:
        """Folder of `<notebook number>_<what>.png`."""
        return self.folder / "figures"

    @property
    def report(self) -> Path:
        """Folder of the report's pages; `index.html` is the one to open."""
        return self.folder / "report"

    @property
    def results(self) -> Path:
        """The tidy table of metrics, from notebook 06."""
        return self.folder / "results.csv"

    @property
    def confusion(self) -> Path:
        """Counts of every true and predicted class, from notebook 06."""
        return self.folder / "confusion.csv"

    def manifest(self, source: str) -> Path:
        """One row per slice, groups filled; from notebook 01."""
        return self.folder / "manifests" / f"{source}.csv"

    def audit(self, source: str) -> Path:
        """Counts of the audit as JSON; from notebook 01."""
        return self.folder / "audit" / f"{source}.json"

    def twins(self, source: str) -> Path:
        """One row per pair of near-twins; from notebook 01."""
        return self.folder / "audit" / f"{source}_twins.csv"

    def splits(self, source: str) -> Path:
        """The manifest with one column per view; from notebook 02."""
        return self.folder / "splits" / f"{source}.csv"

    def model(self, name: str) -> Path:
        """Folder of one artifact, its history and its checkpoint; from 03 to 05."""
        return self.folder / "models" / name

    def predictions(self, name: str) -> Path:
        """One row of probabilities per test slice; from notebook 06."""
        return self.folder / "predictions" / f"{name}.csv"

    def provenance(self, notebook: str) -> Path:
        """What made the files of one notebook."""
        return self.folder / "provenance" / f"{notebook}.json"

    def executed(self, notebook: str) -> Path:
        """The executed copy of one notebook; it exists only if all cells ran."""
        return self.notebooks / f"{notebook}.ipynb"

    def failed(self, notebook: str) -> Path:
        """The copy of a notebook that stopped, kept for reading."""
        return self.notebooks / f"{notebook}.failed.ipynb"


def run_paths(run: str) -> RunPaths:
    """Return the paths of the run called `run`."""
    return RunPaths(paths.run_folder(run))


def relative(path: Path) -> str:
    """Write a path as seen from the project's root, so that it reads anywhere."""
    path, root = Path(path).absolute(), paths.project_root().absolute()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name

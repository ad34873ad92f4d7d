"""What a study is told: whose models and splits it looks at, and its seed."""

from dataclasses import dataclass, field
from pathlib import Path

from braintumor import runs


@dataclass
class Setting:
    """Names a run, hands out its files, and remembers which ones were read.

    Attributes:
        run: name of the run whose splits, predictions and models are studied.
        seed: of every random choice.
        parallel: trainings at a time, each with its share of the cores.
        inputs: files read so far; their hashes go into the record.
    """

    run: str = "nickparvar-cpu-seed7"
    seed: int = 7
    parallel: int = 1
    inputs: list[Path] = field(default_factory=list)

    @property
    def paths(self) -> runs.RunPaths:
        """The files of the run."""
        return runs.run_paths(self.run)

    def read(self, path: Path) -> Path:
        """Remember that a file was read, and return it.

        Raises:
            FileNotFoundError: it is missing; the message says what makes it.
        """
        if not path.is_file():
            raise FileNotFoundError(
                f"{runs.relative(path)} is missing. It comes with run {self.run}: "
                "`braintumor run --dataset nickparvar --profile cpu` makes it."
            )
        if path not in self.inputs:
            self.inputs.append(path)
        return path

"""The processes that are put under load: the page as it is, on Keras, or leaking."""

import functools
import sys
from collections.abc import Mapping
from pathlib import Path

from braintumor.demo import server
from braintumor.demo.serving import Worker

MODEL = "densenet121_four_class"
LEAK_BYTES = 16 * 1024  # that the leaking page keeps of every slice

_kept: list[bytes] = []


def load_leaking(folders: Mapping[str, Path]) -> dict[str, Worker]:
    """Load the models, and plant the fault that the proof must find."""
    workers = server.load_workers(folders)
    for worker in workers.values():
        infer = worker.predictor.infer

        def leak(prepared: list, infer=infer) -> list:
            _kept.extend(bytes([1]) * LEAK_BYTES for _ in prepared)
            return infer(prepared)

        worker.predictor.infer = leak
    return workers


VARIANTS = {
    "light": server.load_workers,
    "keras": functools.partial(server.load_workers, runtime="keras"),
    "leaking": load_leaking,
}


if __name__ == "__main__":
    load = VARIANTS[sys.argv[1]]
    sys.exit(server.main(port=0, models=[MODEL], load=load, rate=0))

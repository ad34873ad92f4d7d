"""A progress bar per epoch that can be switched off by TQDM_DISABLE=1."""

import keras
from tqdm import tqdm


class EpochBar(keras.callbacks.Callback):
    """Show batches, loss and accuracy of one epoch, and its validation at the end.

    Args:
        title: what is trained.
        epoch: number of this epoch, from 1.
        epochs: epochs of the phase.
    """

    def __init__(self, title: str, epoch: int, epochs: int):
        """Keep the words; the bar appears when training begins."""
        super().__init__()
        self.title = f"{title} {epoch}/{epochs}"
        self.bar = None

    def on_train_begin(self, logs=None):
        """Open the bar."""
        self.bar = tqdm(total=self.params["steps"], desc=self.title, unit="batch")

    def on_train_batch_end(self, batch, logs=None):
        """Count a batch."""
        self.bar.update(1)
        self.bar.set_postfix(_shorten(logs), refresh=False)

    def on_epoch_end(self, epoch, logs=None):
        """Show the epoch's figures and close."""
        self.bar.set_postfix(_shorten(logs))

    def on_train_end(self, logs=None):
        """Close the bar."""
        self.bar.close()


def _shorten(logs: dict | None) -> dict[str, str]:
    return {name: f"{float(value):.3f}" for name, value in (logs or {}).items()}

"""One seed for everything that draws."""

import keras


def set_seed(seed: int, *, deterministic: bool) -> None:
    """Seed Python, numpy and the backend, and ask TensorFlow for determinism.

    TensorFlow's graph rewriting is switched off, too: it takes fifteen seconds for a
    training step of DenseNet121, which runs no faster for it.
    """
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow

    tensorflow.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": True}
    )
    if deterministic:
        tensorflow.config.experimental.enable_op_determinism()

"""One seed for everything that draws."""

import keras

# What TensorFlow's graph optimizer may leave out. It takes fifteen seconds for a
# training step of DenseNet121, which runs no faster for it. What it does beside these,
# and cannot be named here, costs nothing and saves half a gigabyte of that step's peak.
REWRITINGS = (
    "arithmetic_optimization",
    "constant_folding",
    "dependency_optimization",
    "function_optimization",
    "implementation_selector",
    "layout_optimizer",
    "loop_optimization",
    "remapping",
    "scoped_allocator_optimization",
    "shape_optimization",
)


def set_seed(seed: int, *, deterministic: bool) -> None:
    """Seed Python, numpy and the backend, and ask TensorFlow for determinism.

    TensorFlow's graph rewritings are switched off, too.
    """
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow

    tensorflow.config.optimizer.set_experimental_options(
        dict.fromkeys(REWRITINGS, False) | {"disable_model_pruning": True}
    )
    if deterministic:
        tensorflow.config.experimental.enable_op_determinism()

"""Networks whose weights were shuffled: what an explanation must not survive.

The numbers of a layer stay and change places, so that their spread stays what training
made it while everything that was learnt is gone.
"""

import numpy as np

from braintumor.modeling.gradcam import HeadWeights


def shuffle_head(head: HeadWeights, *, seed: int) -> HeadWeights:
    """Return a head whose kernels are shuffled, biases and shapes kept."""
    random = np.random.default_rng(seed)
    kernels = tuple(random.permuted(kernel, axis=None) for kernel in head.kernels)
    return HeadWeights(head.pooling, kernels, head.biases)


def shuffle_convolutions(graph: bytes, *, last: int, seed: int) -> bytes:
    """Return an ONNX graph whose last convolutions have shuffled kernels.

    Args:
        graph: bytes of a backbone's graph, as the light form keeps it.
        last: how many convolutions, counted from the output.
        seed: of the shuffling.

    Returns:
        bytes of the same graph, other numbers in those kernels.

    Raises:
        ValueError: there are not so many, or a kernel is no constant.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(graph)
    kernels = [node.input[1] for node in model.graph.node if node.op_type == "Conv"]
    if not 0 < last <= len(kernels):
        raise ValueError(f"last={last}: the graph has {len(kernels)} convolutions.")
    constants = {constant.name: constant for constant in model.graph.initializer}
    unknown = [name for name in kernels[-last:] if name not in constants]
    if unknown:
        raise ValueError(
            f"Kernel {unknown[0]} is no constant of the graph: export it again."
        )
    random = np.random.default_rng(seed)
    for name in dict.fromkeys(kernels[-last:]):  # two layers may share one
        numbers = numpy_helper.to_array(constants[name])
        shuffled = random.permuted(numbers, axis=None)
        constants[name].CopyFrom(numpy_helper.from_array(shuffled, name))
    return model.SerializeToString()

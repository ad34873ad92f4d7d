import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from braintumor.modeling import light, shuffling
from braintumor.modeling.gradcam import HeadWeights

HEAD = HeadWeights(
    "average",
    (np.arange(32, dtype=np.float32).reshape(8, 4),),
    (np.arange(4, dtype=np.float32),),
)


@pytest.fixture(scope="module")
def graph():
    """Two convolutions, (n, 8, 8, 3) → (n, 6, 8, 8) → (n, 8, 8, 8)."""
    random = np.random.default_rng(0)
    kernels = {
        "first": random.normal(size=(6, 3, 3, 3)).astype(np.float32),
        "second": random.normal(size=(8, 6, 3, 3)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Transpose", ["slices"], ["turned"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["turned", "first"], ["between"], pads=[1] * 4),
        helper.make_node("Conv", ["between", "second"], ["maps"], pads=[1] * 4),
        helper.make_node("Transpose", ["maps"], ["out"], perm=[0, 2, 3, 1]),
    ]
    made = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("slices", TensorProto.FLOAT, ["n", 8, 8, 3])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 8, 8, 8])],
        [numpy_helper.from_array(kernel, name) for name, kernel in kernels.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(
        made, opset_imports=opset, ir_version=8
    ).SerializeToString()


def kernels_of(graph):
    constants = onnx.load_from_string(graph).graph.initializer
    return {one.name: numpy_helper.to_array(one) for one in constants}


def test_only_the_last_convolutions_change_and_keep_their_numbers(graph):
    before = kernels_of(graph)
    after = kernels_of(shuffling.shuffle_convolutions(graph, last=1, seed=3))
    np.testing.assert_array_equal(before["first"], after["first"])
    assert (before["second"] != after["second"]).mean() > 0.9
    np.testing.assert_array_equal(
        np.sort(before["second"], None), np.sort(after["second"], None)
    )
    both = kernels_of(shuffling.shuffle_convolutions(graph, last=2, seed=3))
    assert (before["first"] != both["first"]).mean() > 0.9


def test_a_shuffled_graph_still_runs(graph):
    images = np.random.default_rng(1).integers(0, 256, (3, 8, 8), np.uint8)
    shuffled = shuffling.shuffle_convolutions(graph, last=1, seed=3)
    one, other, again = (
        light.LightModel(content, HEAD).features(images)
        for content in (graph, shuffled, shuffled)
    )
    assert one.shape == other.shape == (3, 8, 8, 8)
    assert np.abs(one - other).max() > 1
    np.testing.assert_array_equal(other, again)


def test_the_head_keeps_its_numbers_too():
    shuffled = shuffling.shuffle_head(HEAD, seed=0)
    assert (shuffled.kernels[0] != HEAD.kernels[0]).any()
    np.testing.assert_array_equal(np.sort(shuffled.kernels[0], None), np.arange(32))
    np.testing.assert_array_equal(HEAD.kernels[0].ravel(), np.arange(32))
    assert shuffled.biases is HEAD.biases


@pytest.mark.parametrize("last", [0, 3])
def test_more_than_there_are_is_refused(graph, last):
    with pytest.raises(ValueError, match="the graph has 2 convolutions"):
        shuffling.shuffle_convolutions(graph, last=last, seed=0)

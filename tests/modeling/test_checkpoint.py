import numpy as np
import pytest

from braintumor.modeling import checkpoint
from braintumor.modeling.checkpoint import CheckpointError


def test_arrays_come_back_in_order_with_their_note(tmp_path):
    arrays = [np.arange(n, dtype=np.float32) for n in range(12)]
    checkpoint.write_arrays(tmp_path / "a.npz", arrays, {"epoch": 3, "value": 0.1})
    back, note = checkpoint.read_arrays(tmp_path / "a.npz")
    assert note == {"epoch": 3, "value": 0.1}
    assert all(np.array_equal(a, b) for a, b in zip(arrays, back, strict=True))
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    checkpoint.write_arrays(path, [np.ones(3)], {"epoch": 1})
    before = path.read_bytes()

    def torn(stream, **arrays):
        stream.write(b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", torn)
    with pytest.raises(OSError, match="No space"):
        checkpoint.write_arrays(path, [np.zeros(3)], {"epoch": 2})
    assert path.read_bytes() == before


@pytest.mark.parametrize("share", [0.0, 0.3, 0.95])
def test_half_a_file_is_named_and_refused(tmp_path, share):
    path = tmp_path / "last.npz"
    checkpoint.write_arrays(path, [np.ones(1000)], {})
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match=r"last\.npz.*Delete it"):
        checkpoint.read_arrays(path)


class Variable:
    def __init__(self, value):
        self.value = np.asarray(value, np.float32)
        self.shape = self.value.shape

    def assign(self, value):
        self.value = np.asarray(value)

    def numpy(self):
        return self.value


def test_other_shapes_are_refused_before_anything_is_assigned():
    variables = [Variable([0, 0]), Variable([0, 0, 0])]
    with pytest.raises(CheckpointError, match="another recipe"):
        checkpoint.set_values(variables, [np.ones(2), np.ones(4)], origin="x")
    assert not any(variable.value.any() for variable in variables)


def test_hash_sees_every_value():
    one = checkpoint.hash_values([Variable([1, 2]), Variable([3])])
    assert one == checkpoint.hash_values([Variable([1, 2]), Variable([3])])
    assert one != checkpoint.hash_values([Variable([1, 2]), Variable([4])])

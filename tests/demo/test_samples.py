from braintumor.data import decoding, phantom
from braintumor.demo import samples


def test_one_phantom_of_each_class_with_its_lesion(monkeypatch, tmp_path):
    monkeypatch.setenv("BRAINTUMOR_HOME", str(tmp_path))
    first = samples.load_samples()
    assert [sample.label for sample in first] == [*samples.CHOSEN]
    for sample in first:
        pixels = decoding.decode_bytes(sample.content, sample.name).pixels
        assert pixels.shape == sample.mask.shape == (samples.SIDE, samples.SIDE)
        assert sample.mask.any() == (sample.label != "no_tumor")
        assert sample.label in sample.name

    def fail(*_, **__):
        raise AssertionError("made twice")

    monkeypatch.setattr(phantom.generation, "write_slices", fail)
    again = samples.load_samples()
    assert [sample.content for sample in again] == [sample.content for sample in first]

"""How the documents spell models, machines and commits."""

from typing import Any

from braintumor.reporting.palette import show_name


def show_model(model: str) -> str:
    """Write a model's name with its task: "VGG16, four classes"."""
    backbone, _, task = model.partition("_")
    name = backbone.replace("vgg", "VGG").replace("densenet", "DenseNet")
    return f"{name}, {'tumour or none' if task == 'binary' else 'four classes'}"


def show_commit(record: dict[str, Any]) -> str:
    """Write the commit that made something: "commit 629cb68b06, unchanged"."""
    code = record["code"]
    state = "with local changes" if code["dirty"] else "unchanged"
    return f"commit `{code['commit'][:10]}`, {state}"


def describe_machine(record: dict[str, Any]) -> str:
    """Write a machine: "AMD EPYC, 2 cores, 23.5 GiB, no accelerator"."""
    hardware = record["hardware"]
    devices = ", ".join(hardware["accelerators"]) or "no accelerator"
    memory = f"{hardware['memory_gib']} GiB"
    return f"{hardware['processor']}, {hardware['cores']} cores, {memory}, {devices}"


def show_classes(names: list[str]) -> str:
    """Write class names in a row."""
    return ", ".join(show_name(name) for name in names)

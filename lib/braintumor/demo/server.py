"""Start, warm and stop the web page: `braintumor app`.

Everything that could go wrong later is tried before the port opens: every model is
checked, loaded and asked once.
"""

import functools
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from braintumor.demo import installed, memory
from braintumor.demo.connections import Server
from braintumor.demo.ports import open_port
from braintumor.demo.serving import Worker
from braintumor.demo.warming import warm
from braintumor.modeling.contract import ArtifactError

SECRET_VARIABLE = "BRAINTUMOR_SECRET"
CAPACITY = 24  # slices that may wait for one model
BATCH = 8
PATIENCE = 10.0  # seconds
SPARE_THREADS = 8  # that refuse, and serve pages, while all others wait for answers


class StartError(RuntimeError):
    """The server cannot start; the message says why and what to do."""


def choose_models(names: Sequence[str] = ()) -> dict[str, Path]:
    """Return name → artifact folder of the models to serve.

    Args:
        names: those that must be there; by default all that are.

    Raises:
        StartError: a named model is missing or unknown, or there is none at all.
    """
    known = {status.name: status for status in installed.find_models()}
    for name in names:
        if name not in known:
            raise StartError(f"{name} is no model: choose from {', '.join(known)}.")
    wanted = [known[name] for name in names] or list(known.values())
    missing = [status for status in wanted if status.folder is None]
    if missing and (names or len(missing) == len(wanted)):
        cure = missing[0].how_to.replace("\n", " && ")
        raise StartError(f"The model {missing[0].name} is missing; make it: {cure}")
    return {one.name: one.folder for one in wanted if one.folder is not None}


def load_workers(
    folders: Mapping[str, Path], *, runtime: str = "auto"
) -> dict[str, Worker]:
    """Load and warm every model, so that no first request has to wait for that.

    Args:
        folders: name → artifact.
        runtime: see `demo.predict.Predictor`.

    Raises:
        StartError: an artifact is altered or incomplete.
    """
    from braintumor.demo.predict import Predictor

    workers = {}
    for name, folder in folders.items():
        try:
            predictor = Predictor(folder, runtime=runtime)
        except ArtifactError as error:
            raise StartError(f"The model {name} cannot be used: {error}") from error
        workers[name] = Worker(
            predictor, capacity=CAPACITY, batch=BATCH, patience=PATIENCE
        )
        warm(predictor, BATCH)
    return workers


def prepare(models: Sequence[str] = ()) -> int:
    """Make what the first start would make: light forms and sample pictures.

    Args:
        models: see `main`.

    Returns:
        Exit status: 0, or 1 if a model cannot be served light; the reason is printed.
    """
    from braintumor.demo.samples import load_samples

    try:
        load_workers(choose_models(models), runtime="light")
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    load_samples()
    return 0


def count_threads(workers: Mapping[str, Worker]) -> int:
    """Return how many threads leave some free when every queue is full."""
    most = sum(worker.capacity + worker.batch for worker in workers.values())
    return most + SPARE_THREADS


def make_server(workers: Mapping[str, Worker], taken: Any, settings: Any) -> Server:
    """Put the web application on a port; it listens, and answers once it runs.

    Args:
        workers: name → worker, warm.
        taken: from `open_port`.
        settings: `demo.web.Settings`.

    Raises:
        OSError: another process listens there by now.
    """
    from braintumor.demo.web import create_app, make_refuser

    application = create_app(workers, settings=settings)
    return Server(
        application,
        taken,
        threads=count_threads(workers),
        maximum_bytes=settings.maximum_bytes,
        behind_proxy=settings.proxies > 0,
        refuse=make_refuser(application, workers),
    )


def main(
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    models: Sequence[str] = (),
    load: Callable[[Mapping[str, Path]], dict[str, Worker]] = load_workers,
    **choices: Any,
) -> int:
    """Run the web page until it is told to stop.

    Args:
        host: address to listen on.
        port: 0 for any that is free.
        models: names that must be there; by default all that are.
        load: makes the workers; tests give their own.
        **choices: fields of `demo.web.Settings` that differ from its defaults.

    Returns:
        Exit status: 0 after a signal, 1 if it could not start; the reason is printed.
    """
    memory.return_what_is_free()
    on_signals(lambda *_: sys.exit(0))  # as process 1 it would not stop otherwise
    try:
        folders = choose_models(models)
        taken = open_port(host, port)
        told = f"Loading {', '.join(folders)}; the first start takes half a minute …"
        print(told, file=sys.stderr, flush=True)
        workers = load(folders)
        server = make_server(workers, taken, make_settings(host, choices))
    except OSError as error:
        cure = "choose another with --port."
        print(f"{host} port {port}: {error.strerror}; {cure}", file=sys.stderr)
        return 1
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    on_signals(functools.partial(_stop_once, server))
    print(f"Ready: {name_address(host, server.port)}", flush=True)
    server.run()
    for worker in workers.values():
        worker.drain(timeout=PATIENCE)
    return 0


def on_signals(handler: Callable) -> None:
    """Have both signals that ask a server to stop handled."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def _stop_once(server: Server, number: int, _: object) -> None:
    on_signals(signal.SIG_DFL)  # who asks twice does not want to wait
    server.stop()


def make_settings(host: str, choices: Mapping[str, Any]) -> Any:
    """Return the application's settings for a server that listens on `host`."""
    from braintumor.demo.web import Settings

    settings = Settings(**choices)
    names = (*settings.trusted_hosts, host.strip("[]"))
    settings = replace(settings, trusted_hosts=tuple(dict.fromkeys(names)))
    if secret := os.environ.get(SECRET_VARIABLE):
        settings = replace(settings, secret=secret.encode())
    return settings


def name_address(host: str, port: int) -> str:
    """Return the address that a browser on this machine opens."""
    if host in ("", "0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

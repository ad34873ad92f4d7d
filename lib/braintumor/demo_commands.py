"""`braintumor app`: the web page.

Like `cli`, this imports what a command needs inside the command.
"""

from typing import Annotated

import typer


def run_app(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0 for any that is free.")
    ] = 8000,
    model: Annotated[
        list[str] | None,
        typer.Option(help="One that must be there.", show_default="all that are"),
    ] = None,
    trusted_host: Annotated[
        list[str] | None,
        typer.Option(
            envvar="BRAINTUMOR_TRUSTED_HOSTS",
            help="A name that it answers to, beside localhost; without port.",
        ),
    ] = None,
    proxies: Annotated[
        int,
        typer.Option(
            min=0,
            envvar="BRAINTUMOR_PROXIES",
            help="Proxies in front, whose X-Forwarded headers are believed.",
        ),
    ] = 0,
    rate: Annotated[
        float,
        typer.Option(
            min=0,
            envvar="BRAINTUMOR_RATE",
            help="Requests a second that one client may keep up; 0 for no limit.",
        ),
    ] = 5.0,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Make what a start needs, and end.")
    ] = False,
) -> None:
    """Serve the upload page and its JSON interface until Ctrl-C.

    Teaching and research only, not for diagnosis.
    """
    from braintumor.demo import server

    if prepare:
        raise typer.Exit(server.prepare(model or ()))
    hosts = ("127.0.0.1", "localhost", *(trusted_host or ()))
    raise typer.Exit(
        server.main(
            host,
            port,
            models=model or (),
            trusted_hosts=hosts,
            proxies=proxies,
            rate=rate,
        )
    )

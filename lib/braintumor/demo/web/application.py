"""The application factory."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask

from braintumor.demo import cards, installed
from braintumor.demo.web import api, health, metrics, pages, problems, security
from braintumor.demo.web.desk import Desk
from braintumor.demo.web.samples import Samples
from braintumor.demo.web.settings import Settings


def create_app(
    workers: Mapping[str, Any],
    *,
    settings: Settings | None = None,
    models: Sequence[Any] | None = None,
) -> Flask:
    """Make the web application.

    Args:
        workers: model name → `demo.serving.Worker`, for the models that answer.
        settings: limits and names.
        models: `demo.installed.ModelStatus` of every model that the page names, those
            that are missing included; by default what `find_models` says.

    Returns:
        A WSGI application. It starts one thread, which sees to the sample pictures
        and ends.
    """
    settings = settings or Settings()
    models = installed.find_models() if models is None else models
    app = Flask(__name__)
    app.json.sort_keys = False
    metrics.measure(app, workers)  # first, so that refusals are counted, too
    security.protect(app, settings)
    problems.register(app)
    samples = Samples()
    if settings.samples:
        samples.start()
    app.extensions["desk"] = Desk(workers, models, settings, samples)
    for blueprint in (pages.blueprint, api.blueprint, health.blueprint):
        app.register_blueprint(blueprint)
    app.add_template_filter(cards.show_percent, "percent")
    return app

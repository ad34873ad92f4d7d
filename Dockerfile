# The web page in a container, without the training framework; docs/deployment.md tells
# how to run it. Build it in the clone: docker build --tag braintumor .

# The light form of every model in data/models is exported here, with the whole lock.
FROM python:3.11.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 BRAINTUMOR_HOME=/build
WORKDIR /build
COPY requirements.txt ./
RUN pip install --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY lib lib
RUN pip wheel --no-deps --wheel-dir wheels . && pip install --no-deps wheels/*.whl
COPY data/models data/models
RUN braintumor app --prepare

FROM python:3.11.11-slim-bookworm
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1 ORT_DISABLE_TELEMETRY=1 BRAINTUMOR_HOME=/srv/braintumor
WORKDIR /srv/braintumor
COPY requirements.txt requirements-app.in ./
RUN pip install --constraint requirements.txt --requirement requirements-app.in
COPY --from=build /build/wheels wheels
RUN pip install --no-deps wheels/*.whl && rm -r wheels \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin braintumor
# Owned by root: what answers may read the models and not change them.
COPY --from=build /build/data/models data/models
COPY --from=build /build/data/cache/light data/cache/light
COPY --from=build /build/data/cache/samples data/cache/samples
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["braintumor", "app", "--host", "0.0.0.0"]

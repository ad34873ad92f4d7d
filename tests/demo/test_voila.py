"""Notebook 07 as an app: what `make voila` opens, in a real browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from braintumor.demo import cards, samples

PROJECT = Path(__file__).parents[2]
NOTEBOOK = "notebooks/07_upload_demo.ipynb"
CHROMIUM = Path(os.environ.get("BRAINTUMOR_CHROMIUM", "/usr/bin/chromium"))
PATIENCE = 180  # seconds, for a busy machine that has to make the light form first
STATES = {"Most like", *cards.HEADLINES.values()}

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"
)


@pytest.fixture(scope="module")
def address():
    """Serve the notebook as `make voila` does, on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "voila", NOTEBOOK, "--no-browser"]
    server = subprocess.Popen(
        [*command, f"--port={port}", "--Voila.port_retries=0"],
        cwd=PROJECT,
        env=os.environ | {"TQDM_DISABLE": "1"},
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/voila/static/voila.js", server)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def wait_for(url, server):
    """Return as soon as the server answers anything at all."""
    for _ in range(10 * PATIENCE):
        assert server.poll() is None, "voila stopped"
        try:
            urllib.request.urlopen(url)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("voila did not start")


@pytest.fixture(scope="module")
def page(address):
    """The notebook, executed, in a browser; nothing outside the machine is asked."""
    sync = pytest.importorskip("playwright.sync_api")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        page.set_default_timeout(1000 * PATIENCE)
        page.route(lambda url: not url.startswith(address), lambda route: route.abort())
        page.goto(address)
        yield page
        browser.close()


def test_an_uploaded_slice_is_answered_in_the_browser(page, tmp_path):
    app = page.locator(".widget-vbox:has(.widget-upload)").first
    shown = app.locator(".bt-card")
    slice_, text = tmp_path / "slice.png", tmp_path / "<img src=x>.png"
    slice_.write_bytes(samples.load_samples()[0].content)
    text.write_bytes(b"Tuesday: buy milk")
    for number in (1, 2):  # the same files can be chosen twice
        with page.expect_file_chooser() as chooser:
            app.get_by_role("button", name="Choose slices").click()
        chooser.value.set_files([slice_, text])
        shown.nth(2 * number - 1).wait_for()
    assert shown.nth(0).locator("bdi").inner_text() == "slice.png"
    assert any(state in shown.nth(0).inner_text() for state in STATES)
    assert "The file is text" in shown.nth(1).inner_text()
    assert shown.nth(1).locator("bdi").inner_text() == text.name
    assert all(cards.NOTICE in card for card in shown.all_inner_texts())
    assert "10 MB" in app.inner_text()


def test_samples_heat_and_reset_work_in_the_browser(page):
    app = page.locator(".widget-vbox:has(.widget-upload)").first
    shown, heat = app.locator(".bt-card"), app.locator("img.bt-heat")
    app.get_by_role("button", name="Start over").click()
    shown.first.wait_for(state="detached")
    app.get_by_role("button", name="meningioma").click()
    shown.first.wait_for()
    assert "phantom_meningioma.png" in shown.first.inner_text()
    if heat.count():  # a refused slice has none
        assert heat.first.is_visible()
        app.get_by_role("checkbox").click()
        heat.first.wait_for(state="hidden")

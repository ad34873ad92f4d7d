"""The page in a real browser: with a script, with keys alone, on a phone."""

import os
import re
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path(os.environ.get("BRAINTUMOR_CHROMIUM", "/usr/bin/chromium"))
PHONE = {"viewport": {"width": 360, "height": 740}}
DARK = {"color_scheme": "dark"}
SECONDS = 30_000  # in milliseconds; a busy machine may take its time

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"
)
expect = sync_api.expect
expect.set_options(timeout=SECONDS)


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        # Without its sandbox Chromium also starts as root, as in containers.
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield launched
        launched.close()


@pytest.fixture
def visit(browser, serve, make_app):
    """Return a function that opens the page; faults of its script fail the test."""
    contexts, faults = [], []

    def open_page(*, settings=None, **options):
        address = serve(make_app(**settings or {}))
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(SECONDS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    # The browser itself reports every request that is refused; those are meant.
    assert [one for one in faults if not one.startswith("Failed to load")] == []


def choose(page, *files):
    page.set_input_files(
        "#files",
        [
            {"name": name, "mimeType": "image/png", "buffer": content}
            for name, content in files
        ],
    )


def headings(page):
    return page.locator(".card h3").all_inner_texts()


def test_files_are_answered_in_order_and_focus_moves_to_them(visit, pictures):
    page = visit()
    choose(page, *[(f"{kind}.png", content) for kind, content in pictures.items()])
    expect(page.locator(".card")).to_have_count(4)
    expect(page.locator("#results-title")).to_be_focused()
    first, *others = headings(page)
    assert first.split() == ["Most", "like", "glioma", "90.0", "%"]
    assert others == [
        "Uncertain",
        "Not a brain MRI slice",
        "The file cannot be read as a slice",
    ]
    expect(page.locator("#status")).to_contain_text("uncertain.png: Uncertain.")
    expect(page.locator("#progress")).to_be_hidden()
    assert page.locator(".notice").count() == 4  # on every card
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".card")).to_have_count(0)
    expect(page.locator("#files")).to_be_focused()


def test_the_overlay_fades(visit, pictures):
    page = visit()
    choose(page, ("a.png", pictures["answer"]))
    slider = page.get_by_label("Overlay")
    slider.fill("20")
    assert page.locator(".heat").evaluate("one => one.style.opacity") == "0.2"
    slice_box, heat_box = (
        page.locator(one).bounding_box() for one in (".slice", ".heat")
    )
    assert slice_box == heat_box


def test_another_model_is_asked_about_the_same(visit, pictures):
    page = visit()
    expect(page.get_by_label("VGG16")).to_be_disabled()
    choose(page, ("a.png", pictures["answer"]))
    again = page.locator("button.primary")
    expect(page.locator(".card")).to_have_count(1)
    expect(again).to_be_hidden()
    page.get_by_label("VGG19").check()
    expect(again).to_have_text("Ask VGG19 about the same")
    again.click()
    expect(page.locator(".card")).to_have_count(2)
    assert "no tumour" in headings(page)[0]  # the newest stands first


def test_a_volume_is_leafed_through(visit, volume):
    page = visit()
    choose(page, ("volume.nii", volume))
    slider = page.get_by_label("Slice 3, 0 to 5")
    expect(slider).to_have_value("3")
    slider.press("ArrowRight")
    expect(page.get_by_label("Slice 4, 0 to 5")).to_be_focused()
    expect(page.locator(".card")).to_have_count(1)


def test_dropped_files_are_answered(visit):
    page = visit()
    page.locator("body").evaluate(
        """body => {
        const dropped = new DataTransfer();
        dropped.items.add(new File(["no picture"], "note.txt"));
        body.dispatchEvent(new DragEvent(
            "drop", {dataTransfer: dropped, bubbles: true, cancelable: true}));
        }"""
    )
    expect(page.locator(".card.is-problem")).to_have_count(1)
    expect(page.locator(".card .file")).to_have_text("note.txt")


def test_too_large_a_file_is_refused_before_it_is_sent(visit):
    page = visit(settings={"maximum_bytes": 1024**2})
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    choose(page, ("huge.png", bytes(1024**2)))
    expect(page.locator(".card h3")).to_have_text("Too large")
    assert "POST" not in sent


def test_a_server_that_is_gone_is_a_sentence(visit, pictures):
    page = visit()
    page.route("**/*", lambda route: route.abort())
    choose(page, ("a.png", pictures["answer"]))
    expect(page.locator(".card .reason")).to_have_text("The server did not answer.")
    expect(page.locator("button.primary")).to_be_visible()


def test_keys_alone_are_enough(visit):
    page = visit()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("DenseNet121")).to_be_focused()
    page.keyboard.press("ArrowDown")  # past the one that is missing
    expect(page.get_by_label("VGG19")).to_be_checked()
    sample = page.get_by_role("button", name="Glioma")
    for _ in range(8):
        page.keyboard.press("Tab")
        if sample.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#results-title")).to_be_focused()
    assert "no tumour" in headings(page)[0]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Overlay")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".heat").evaluate("one => one.style.opacity") == "0.65"


@pytest.mark.parametrize(
    "options", [PHONE, {"viewport": {"width": 320, "height": 600}}]
)
def test_a_phone_never_scrolls_sideways(visit, pictures, options):
    page = visit(**options)
    names = ["a" * 90 + ".png", "word " * 12 + ".png", "b.png", "c.png"]
    choose(page, *zip(names, pictures.values(), strict=True))
    expect(page.locator(".card")).to_have_count(4)
    page.get_by_text("How to make it").click()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == options["viewport"]["width"]
    wide = page.locator("main :not(.hidden)").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth + 1 &&"
        " one.clientWidth).map(one => one.outerHTML.slice(0, 80))"
    )
    assert wide == []  # nor is anything cut off


def test_without_a_script_the_form_is_enough(visit, pictures):
    page = visit(java_script_enabled=False)
    expect(page.get_by_text("Overlay", exact=True)).to_be_hidden()
    choose(page, ("a.png", pictures["answer"]))
    page.get_by_role("button", name="Ask the model").click()
    expect(page.locator(".card h3")).to_contain_text("Most like glioma")
    assert re.search("#results$", page.url)
    page.get_by_role("button", name="A landscape").click()
    expect(page.locator(".card .file")).to_contain_text("landscape.png")


@pytest.mark.parametrize("options", [{}, DARK | PHONE], ids=["light", "dark phone"])
def test_axe_finds_no_serious_fault(visit, pictures, options):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(**options)
    found = axe.run(page).response["violations"]
    choose(page, *[(f"{kind}.png", content) for kind, content in pictures.items()])
    expect(page.locator(".card")).to_have_count(4)
    found += axe.run(page).response["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"]) for one in grave] == []

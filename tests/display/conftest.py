"""A headless browser."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def page():
    """A page of a headless browser."""
    if CHROMIUM is None:
        pytest.skip("reason: Chromium is not installed, so no browser can look at it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 900, "height": 900})
        browser.close()


@pytest.fixture
def screenshot(page, tmp_path, request):
    """Takes a picture of the page; returns it as bytes."""

    def take(name):
        path = (request.config.getoption("--d2l-screenshots") or tmp_path) / f"{name}.png"
        page.screenshot(path=path)
        return path.read_bytes()

    return take

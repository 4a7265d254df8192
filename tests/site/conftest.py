"""The site, built once, and a headless browser to read it in."""

import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.display.conftest import CHROMIUM

ROOT = Path(__file__).resolve().parents[2]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder that the documented command writes."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return folder


@pytest.fixture(scope="session")
def address(site):
    """Where the site is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser():
    """Closed before other modules run, whose tests may want an event loop of their own."""
    if CHROMIUM is None:
        pytest.skip("reason: Chromium is not installed, so no browser can look at it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def look(browser, address, request):
    """Opens a page of the site; what should not have happened on it is an error at the end."""
    complaints, contexts = [], []
    screenshots = request.config.getoption("--d2l-screenshots")

    def open_page(path, width=1200, scheme="light", base=None):
        context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        allowed = base or address

        def console(message):
            if message.type in ("error", "warning"):
                complaints.append(f"{path}: {message.text}")

        def request(request):
            if not request.url.startswith((allowed, "data:", "blob:")):
                complaints.append(f"{path}: it asks for {request.url}")

        page.on("console", console)
        page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
        page.on("request", request)
        page.goto(f"{allowed}/{path}")
        page.wait_for_timeout(100)
        if screenshots:
            name = path.partition("#")[0].replace("/", "-").removesuffix(".html")
            page.screenshot(path=Path(screenshots, f"site-{name}-{width}-{scheme}.png"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []

import pytest

from tests.texts import publish


@pytest.fixture(autouse=True)
def text(tmp_path, monkeypatch):
    publish(monkeypatch, tmp_path)

"""A text that the suite writes itself, and publishes in the place of *The Time Machine*."""

import hashlib

from d2l_multi.book.data import downloads

LINES = [
    "The Clock in the Kitchen",
    "",
    "Every morning, at seven o'clock, the clock in our kitchen struck eight.",
    "Nobody minded: my aunt, Zo\u00eb, said that time ran faster near the stove,",
    "and that the caf\u00e9 across the square was always an hour behind.",
    "\u201cThe traveller,\u201d she told me, \u201cis the one who asks what time it is.\u201d",
]
TEXT = "\n".join(LINES) + "\n"


def publish(monkeypatch, folder, text=TEXT):
    """Put a text where the package finds it, under the name that it knows."""
    content = text.encode()
    address = f"{downloads.DATA_URL}timemachine.txt"
    monkeypatch.setitem(downloads.DATA_HUB, "time_machine", (address, hashlib.sha1(content).hexdigest()))
    monkeypatch.setenv("D2L_MULTI_DATA", str(folder))
    (folder / "timemachine.txt").write_bytes(content)

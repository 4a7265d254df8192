"""What frameworks and users wrote, made fit to be shown: in a terminal, in a page, in JSON."""

import re

LIMIT = 4000  # characters, of which the beginning and the end are kept
ESCAPES = re.compile(  # what terminals take for orders: colours, the cursor, the window's title
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]|\r(?=\n)"
)
# What else cannot be read: control characters, lone surrogates, and bidi controls.
UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def plain(text: object, limit: int = LIMIT) -> str:
    """Without escape sequences, with a mark where something else cannot be shown, and not too long."""
    lines = ESCAPES.sub("", str(text)).replace("\r", "\n")  # as a progress bar begins its line again
    shown = UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", lines)
    return shown if len(shown) <= limit else f"{shown[: limit // 2]} […] {shown[-limit // 2 :]}"


def one_line(text: object, limit: int = 60) -> str:
    """The same for what belongs in a cell of a table."""
    return " ".join(plain(text, limit).split())

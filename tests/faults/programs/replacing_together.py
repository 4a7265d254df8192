"""Write three files, again and again, and look at them while nobody writes. The argument: who this is."""

import sys
from pathlib import Path

from d2l_multi import files

folder, me = Path("shared"), sys.argv[1]
for number in range(100):
    content = f"{me}-{number}".encode()
    files.replace_together(folder, dict.fromkeys(("a", "b", "c"), content))
    with files.one_at_a_time(folder, "a test"):
        found = {(folder / name).read_bytes() for name in ("a", "b", "c")}
    if len(found) > 1:
        sys.exit(f"mixed: {found}")

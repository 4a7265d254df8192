"""Write the stubs, and the facades' ``__all__``, or only compare them with the contracts."""

import argparse
import sys
from pathlib import Path

from d2l_multi import BACKENDS
from tools.stubs import facades, writer

PACKAGE = Path(__file__).resolve().parents[2] / "d2l_multi"
COMMAND = "python -m tools.stubs"


def files() -> dict[Path, str]:
    """Every file that follows from the contracts, and what it is to hold."""
    made = {PACKAGE / f"{backend}.pyi": writer.stub(backend) for backend in BACKENDS}
    for backend in BACKENDS:
        facade = PACKAGE / f"{backend}.py"
        made[facade] = facades.with_names(facade.read_text(encoding="utf-8"))
    return made


def main() -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a file is outdated"
    )
    check = parser.parse_args().check
    outdated = {
        path: text
        for path, text in files().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in outdated.items():
        if check:
            print(f"d2l_multi/{path.name} is not what the contracts say: run `{COMMAND}`", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote d2l_multi/{path.name}")
    return int(check and bool(outdated))


if __name__ == "__main__":
    sys.exit(main())

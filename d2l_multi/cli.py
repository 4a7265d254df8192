"""``d2l-multi``: the command line."""

import io
import signal
import sys

import click

from d2l_multi import __version__
from d2l_multi.commands.compare import INTERRUPTED, compare
from d2l_multi.commands.doctor import doctor
from d2l_multi.commands.launch import launch
from d2l_multi.commands.new import new


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """One API of Dive into Deep Learning for four frameworks, and the proof that they agree."""


cli.add_command(compare)
cli.add_command(doctor)
cli.add_command(new)
cli.add_command(launch)


def main() -> None:
    """The entry point: usage errors in one line, exit code 2."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # no other way out than Ctrl-C's
    if isinstance(sys.stdout, io.TextIOWrapper):  # on Windows of a code page without most letters
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.exit(cli(standalone_mode=False))
    except click.ClickException as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
        else:
            print(f"d2l-multi: {' '.join(error.format_message().split())}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("d2l-multi: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()

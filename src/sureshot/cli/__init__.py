"""The command line: parses, calls `workflow`, prints. Nothing is decided here."""

import os
import sys


def main() -> None:
    """Run the command line; every error is one sentence and an exit code, never a traceback."""
    from sureshot.cli.commands import app
    from sureshot.errors import SureshotError
    from sureshot.progress import printable

    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app()
    except SureshotError as error:
        if debug:
            raise
        _say(printable(str(error)))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _say("stopped")
        sys.exit(130)
    except BrokenPipeError:  # somebody downstream, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if debug:
            raise
        _say(
            f"this is a fault of Sureshot itself: {type(error).__name__}: {printable(str(error))}; "
            "run the same command with --debug and report what it shows"
        )
        sys.exit(70)


def _say(sentence: str) -> None:
    print(f"sureshot: {sentence}", file=sys.stderr)

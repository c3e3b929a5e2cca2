"""The command line: parses, calls `workflow`, prints. Nothing is decided here."""

import errno
import os
import sys

STOPPED = 130  # what a shell calls a program that Ctrl-C has ended


def main() -> None:
    """Run the command line; every error is one sentence and an exit code, never a traceback."""
    import typer

    from sureshot.cli.commands import app
    from sureshot.errors import StorageError, SureshotError, UsageError
    from sureshot.progress import printable

    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        if "" in sys.argv[1:]:  # as a path it would be the current folder
            raise UsageError("one of the arguments is empty; is a variable of the shell not set?")
        code = app(prog_name="sureshot", standalone_mode=False)
        if code == STOPPED:  # Typer's way to pass on Ctrl-C
            raise KeyboardInterrupt
        sys.exit(code)
    except SureshotError as error:
        if debug:
            raise
        _say(printable(str(error)))
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _say("stopped")
        sys.exit(STOPPED)
    except BrokenPipeError:  # somebody downstream, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            _say(f"could not write the output: {os.strerror(error.errno).lower()}")
            sys.exit(StorageError.exit_code)
        if hasattr(error, "format_message"):  # Typer's own, of a class that is not public
            message = " ".join(error.format_message().split()).rstrip(".")
            if message:  # without any argument, the help has been shown
                _say(f"{printable(message)}; see: {_command()} --help")
            sys.exit(UsageError.exit_code)
        if debug:
            raise
        _say(
            f"this is a fault of Sureshot itself: {type(error).__name__}: {printable(str(error))}; "
            "run the same command with --debug and report what it shows"
        )
        sys.exit(70)


def _command() -> str:
    """The verb that was called, as one would call it."""
    from sureshot.cli.commands import app

    verbs = {command.callback.__name__ for command in app.registered_commands if command.callback}
    verbs |= {str(group.name) for group in app.registered_groups}
    return " ".join(["sureshot", *[word for word in sys.argv[1:] if word in verbs][:1]])


def _say(sentence: str) -> None:
    print(f"sureshot: {sentence}", file=sys.stderr)

"""`python -m sureshot` is the same as `sureshot`."""

from sureshot.cli import main

if __name__ == "__main__":
    main()

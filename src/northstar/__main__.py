"""`python -m northstar` is `ns`."""

from northstar.cli.app import main

if __name__ == "__main__":
    main()

"""The command line: parses arguments, calls the other packages, prints and exits. Only this package prints."""

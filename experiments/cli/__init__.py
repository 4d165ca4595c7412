"""The command line: reads arguments, calls the rooms, prints and exits. Nothing else in the package prints."""

"""One contestant a module; each runs in a process of its own and times itself when it is told to."""

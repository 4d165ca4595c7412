"""Exit codes of the command line, and the text about them in ``--help``."""

WELL, FAILED, WRONG, UNWRITABLE, INTERRUPTED = 0, 1, 2, 3, 130

EXPLANATION = f"""exit codes:
  {WELL}  success; a training that diverged is a result, not a failure
  {FAILED}  at least one run failed
  {WRONG}  bad configuration or usage
  {UNWRITABLE}  the machine failed, such as a full disk
  {INTERRUPTED}  interrupted by Ctrl-C (143: SIGTERM, 129: SIGHUP); finished runs are kept, repeat the command"""

"""Exit codes of the command line, and the text about them in ``--help``."""

WELL, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130

EXPLANATION = f"""exit codes:
  {WELL}  success; a training that diverged is a result, not a failure
  {FAILED}  at least one run failed
  {WRONG}  bad configuration or usage
  {INTERRUPTED}  interrupted; finished runs are kept, repeat the command to resume"""

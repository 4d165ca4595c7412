"""Exit codes of the command line, and the text about them in ``--help``."""

WELL, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130

EXPLANATION = f"""exit codes:
  {WELL}  all well; a training that diverged is a result, not a failure
  {FAILED}  some run failed
  {WRONG}  bad configuration or usage
  {INTERRUPTED}  interrupted; what was finished is kept, and the same command goes on from there"""

"""Files in ``results/``: atomic writes, idempotent merges, and reads without TensorFlow."""

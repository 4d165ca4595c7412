"""Files in ``results/``: written atomically, merged so that no interruption shows, read without TensorFlow."""

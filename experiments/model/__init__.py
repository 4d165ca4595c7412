"""From a resolved configuration and a seed to a compiled Keras model, and back to its first state."""

"""The ``jit_compile`` that a model was compiled with.

Keras resolves "auto" to False on a machine without a GPU and keeps the result only. So ``compile`` is wrapped as soon
as Keras is imported, and stores the caller's argument on the model.
"""

from __future__ import annotations

import inspect
from typing import Any

import wrapt

_ATTRIBUTE = "_asked_jit_compile"


def remember() -> None:
    """Store the ``jit_compile`` argument of every model that is compiled from now on; imports nothing itself."""
    wrapt.register_post_import_hook(_wrap, "keras")


def refuses_xla(model: Any) -> bool:
    """Return whether a model was compiled with ``jit_compile=False``."""
    return vars(model).get(_ATTRIBUTE, "auto") is False


def _wrap(keras: Any) -> None:
    # Wrapped in the class that defines it: Keras treats a compile of a subclass as an override by the user.
    trainer = next(base for base in keras.Model.__mro__ if "compile" in vars(base))
    signature = inspect.signature(trainer.compile)

    def compile_model(wrapped: Any, model: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        wrapped(*arguments, **named)
        asked = signature.bind(model, *arguments, **named).arguments.get("jit_compile", "auto")
        # Not by setattr: Keras' __setattr__ tracks what a model holds.
        object.__setattr__(model, _ATTRIBUTE, asked)

    wrapt.wrap_function_wrapper(trainer, "compile", compile_model)

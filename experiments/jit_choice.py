"""The ``jit_compile`` that a model was compiled with.

Keras turns "auto" into False on a machine without a GPU and keeps the result alone. So ``compile`` is wrapped, as soon
as Keras is imported, to note what the caller asked for.
"""

from __future__ import annotations

import inspect
from typing import Any

import wrapt

_ATTRIBUTE = "_asked_jit_compile"
_MODULE = "keras.src.trainers.trainer"


def remember() -> None:
    """Note the ``jit_compile`` of every model that is compiled from now on; imports nothing itself."""
    wrapt.register_post_import_hook(_wrap, _MODULE)


def refuses_xla(model: Any) -> bool:
    """Return whether a model was compiled with ``jit_compile=False``."""
    return vars(model).get(_ATTRIBUTE, "auto") is False


def _wrap(trainer: Any) -> None:
    signature = inspect.signature(trainer.Trainer.compile)

    def compile_model(wrapped: Any, model: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        wrapped(*arguments, **named)
        asked = signature.bind(model, *arguments, **named).arguments.get("jit_compile", "auto")
        # past Keras' __setattr__, which tracks what a model holds
        object.__setattr__(model, _ATTRIBUTE, asked)

    wrapt.wrap_function_wrapper(trainer, "Trainer.compile", compile_model)

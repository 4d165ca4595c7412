"""Digests of Python functions and values, equal in every process, so that a change of the code is noticed.

A function counts with its bytecode, defaults, closure and the globals that it uses; functions and classes among these
count likewise, unless they are installed. Comments, formatting and line numbers do not count.

    >>> def double(x):
    ...     return 2 * x
    >>> def twice(x):
    ...     return 2 * x  # the same code under another name
    >>> digest(double).value == digest(twice).value, digest(double).value == digest(2).value
    (True, False)
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import pickle
import sys
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from experiments.errors import ExperimentsError

_INSTALLED = ("site-packages", "dist-packages")
_PACKAGE = Path(__file__).resolve().parents[1]
_BOOKKEEPING = (
    *("__dict__", "__weakref__", "__module__", "__qualname__", "__doc__", "__firstlineno__", "__static_attributes__"),
    *("__dataclass_fields__", "__dataclass_params__", "_abc_impl"),
)


@dataclass(frozen=True)
class Digest:
    """The digest of a value.

    Attributes:
        value: 16 hexadecimal digits.
        modules: The user's own modules whose code is part of it, ``__main__`` apart.
    """

    value: str
    modules: tuple[ModuleType, ...]


def digest(value: Any) -> Digest:
    """Return the digest of a value.

    Args:
        value: A function, a class, arrays, plain data, or an object that holds such.

    Raises:
        ExperimentsError: A part of it has no content that can be read, such as a generator or an open file.
    """
    walk = _Walk()
    walk.feed(value)
    return Digest(walk.hash.hexdigest()[:16], tuple(walk.modules.values()))


class _Walk:
    """Feeds everything that a value is made of to a hash, each object once."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.modules: dict[str, ModuleType] = {}
        self._seen: dict[int, tuple[int, Any]] = {}

    def feed(self, value: Any) -> None:
        if value is None or isinstance(value, bool | int | float | complex | str | bytes | np.dtype):
            self._write(type(value).__name__, repr(value))
        elif isinstance(value, tuple | CodeType):  # equal ones may be one object or several
            self._feed_object(value)
        elif id(value) in self._seen:
            self._write("seen", str(self._seen[id(value)][0]))
        else:
            self._seen[id(value)] = len(self._seen), value  # the value too: an id is free again when its object goes
            self._feed_object(value)

    def _feed_object(self, value: Any) -> None:
        if isinstance(value, FunctionType):
            self._feed_function(value)
        elif isinstance(value, type):
            self._feed_class(value)
        elif isinstance(value, ModuleType):
            self._write("module", value.__name__)
        elif isinstance(value, Set):
            self._write("set", *sorted(digest(item).value for item in value))
        elif (parts := _parts_of(value)) is not None:
            self._feed_all(type(value).__name__, parts)
        elif hasattr(value, "__array__"):
            self._feed_array(np.asarray(value))
        else:
            self._feed_instance(value)

    def _feed_function(self, function: FunctionType) -> None:
        if self._is_installed(function) and "<locals>" not in function.__qualname__:
            self._write("function", function.__module__, function.__qualname__)
            return
        cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        self._feed_all("function", (function.__code__, function.__defaults__, function.__kwdefaults__, cells))
        names = list(_names_in(function.__code__))
        for name in names:
            if name in function.__globals__:
                self._write("global", name)
                self.feed(function.__globals__[name])
                self._feed_attributes(function.__globals__[name], names)

    def _feed_attributes(self, module: Any, names: Iterable[str]) -> None:
        """Feed what a function may use of one of the user's own modules."""
        if isinstance(module, ModuleType) and not self._is_installed(module):
            for name in names:
                if name in vars(module):
                    self._write("attribute", name)
                    self.feed(vars(module)[name])

    def _feed_class(self, value: type) -> None:
        self._write("class", value.__qualname__)
        if self._is_installed(value):
            self._write(value.__module__)
            return
        members = {name: item for name, item in vars(value).items() if name not in _BOOKKEEPING}
        plain = {name: item for name, item in members.items() if not inspect.isdatadescriptor(item)}
        properties = {name: item for name, item in members.items() if isinstance(item, property)}
        self._feed_all("members", (value.__bases__, plain, properties))

    def _feed_array(self, array: np.ndarray) -> None:
        if array.dtype.hasobject:
            self._feed_all("array", (array.shape, array.tolist()))
        else:
            self._write("array", array.dtype.str, repr(array.shape))
            self.hash.update(np.ascontiguousarray(array).data)

    def _feed_instance(self, value: Any) -> None:
        self.feed(type(value))
        if hasattr(value, "get_config"):  # a layer, a model, an optimizer or another object of Keras
            self._feed_all("configured", (value.get_config(), getattr(value, "get_weights", list)()))
        elif hasattr(value, "__dict__"):
            self._feed_all("attributes", (vars(value),))
        else:
            try:
                self._write("pickled", pickle.dumps(value, protocol=4).hex())
            except (TypeError, AttributeError, pickle.PicklingError) as error:
                kind = type(value).__name__
                raise ExperimentsError(f"a {kind} cannot be compared with that of an earlier call: {error}") from error

    def _feed_all(self, kind: str, parts: Iterable[Any]) -> None:
        parts = list(parts)
        self._write(kind, str(len(parts)))
        for part in parts:
            self.feed(part)

    def _write(self, *texts: str) -> None:
        for text in texts:
            encoded = text.encode(errors="surrogatepass")
            self.hash.update(f"{len(encoded)}:".encode() + encoded)

    def _is_installed(self, value: Any) -> bool:
        """Whether a function, class or module is part of Python, of this project or of an installed package."""
        name = value.__name__ if isinstance(value, ModuleType) else str(value.__module__)
        module = sys.modules.get(name)
        if name == "__main__" or module is None:
            return False
        if name.partition(".")[0] in sys.stdlib_module_names or name == "builtins":
            return True
        path = Path(getattr(module, "__file__", None) or "")
        installed = any(part in _INSTALLED for part in path.parts) or _PACKAGE in path.resolve().parents
        if not installed:
            self.modules[name] = module
        return installed


def _parts_of(value: Any) -> Iterable[Any] | None:
    """Return what a container or a wrapper of a function holds; None for other values."""
    parts: Iterable[Any] | None = None
    match value:
        case Mapping():
            parts = (part for item in value.items() for part in item)
        case list() | tuple():
            parts = value
        case CodeType():
            parts = (value.co_code, *value.co_consts, value.co_names, value.co_varnames)
        case functools.partial():
            parts = (value.func, value.args, value.keywords)
        case MethodType():
            parts = (value.__func__, value.__self__)
        case staticmethod() | classmethod():
            parts = (value.__func__,)
        case property():
            parts = (value.fget, value.fset, value.fdel)
    return parts


def _is_filled(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:  # a variable that is not assigned yet
        return False
    return True


def _names_in(code: CodeType) -> dict[str, None]:
    """Return the names of globals and attributes in a function's code and in the functions inside it, in order."""
    names = dict.fromkeys(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names_in(constant)
    return names

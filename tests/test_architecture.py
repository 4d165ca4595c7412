"""The structure that docs/architecture.md promises: one-way imports, no borrowed privates, one name for one thing."""

import ast
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LEAVES = (
    *("errors", "seeds", "stored_programs", "xla", "keras_settings", "jit_choice", "glossary"),
    *("protocols", "column_types", "columns", "column_lookup"),
)
#: Each package imports only from packages to its left.
ORDER = (
    *LEAVES,
    *("tabular", "language", "training", "data", "model", "script"),
    *("store", "run", "scheduler", "analysis", "report", "session"),
    *("cli", "functions", "__main__", "__init__"),
)
FILES = sorted((ROOT / "experiments").rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def short(path):
    return path.relative_to(ROOT / "experiments").as_posix()


def package_of(path):
    return path.relative_to(ROOT / "experiments").with_suffix("").parts[0]


def imports(path):
    """Yield the modules of the project that a file imports, with the names that it takes from them."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{short(path)} has a relative import; name the module in full"
            if node.module == "experiments":
                yield from ((f"experiments.{alias.name}", ()) for alias in node.names)
            elif node.module:
                yield node.module, tuple(alias.name for alias in node.names)


def imported_packages(path):
    names = (module.split(".") for module, _ in imports(path))
    found = {(parts[1] if len(parts) > 1 else "__init__") for parts in names if parts[0] == "experiments"}
    return found - {package_of(path)}


def strings(path):
    return {
        node.value for node in ast.walk(TREES[path]) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_package_has_its_place():
    assert {package_of(path) for path in FILES} <= set(ORDER)


def test_imports_are_one_way():
    position = {name: index for index, name in enumerate(ORDER)}
    wrong = {
        f"{short(path)} imports {package}"
        for path in FILES
        for package in imported_packages(path)
        if position.get(package, -1) >= position[package_of(path)]
    }
    assert wrong == set()


def test_training_could_be_published_alone():
    wanted = {package for path in FILES if package_of(path) == "training" for package in imported_packages(path)}
    assert wanted <= set(LEAVES)


@pytest.mark.slow
def test_training_runs_without_the_other_packages(tmp_path):
    package = tmp_path / "experiments"
    shutil.copytree(ROOT / "experiments" / "training", package / "training")
    (package / "__init__.py").touch()
    for leaf in LEAVES:
        shutil.copy(ROOT / "experiments" / f"{leaf}.py", package)
    command = [sys.executable, "-c", TRAINING_ALONE]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(package / "training" / "fit.py"), "xla", "3"], done.stderr


TRAINING_ALONE = """
import keras
import numpy as np

import experiments.training.fit as engine

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
history = engine.fit(model, np.ones((8, 2)), np.ones((8, 1)), epochs=3, verbose=0)
print(engine.__file__, history.record.tier, history.record.epochs_run)
"""


def test_no_modules_import_each_other_in_a_circle():
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in FILES}
    left = {name: imports_at_the_top(path, modules) - {name} for name, path in modules.items()}
    while done := {name for name, needed in left.items() if not needed & left.keys()}:
        left = {name: needed for name, needed in left.items() if name not in done}
    assert sorted(left) == []


def imports_at_the_top(path, modules):
    """Return the modules that a file imports when it is imported itself, also those of the packages around them."""
    nodes = [node for node in TREES[path].body if isinstance(node, ast.ImportFrom) and node.module]
    names = [(node.module, alias.name) for node in nodes for alias in node.names]
    candidates = [(f"{module}.{name}", module, f"{module}.__init__") for module, name in names]
    found = {name for choices in candidates for name in [next((one for one in choices if one in modules), "")] if name}
    own = {f"{package}.__init__" for package in packages_around(".".join(path.relative_to(ROOT).parts))}
    around = {f"{package}.__init__" for name in found for package in packages_around(name)}
    return found | (around - own) & modules.keys()


def packages_around(module):
    """Yield the packages inside the project that a module lies in, such as ``experiments.report``."""
    parts = module.split(".")[:-1]
    yield from (".".join(parts[:length]) for length in range(2, len(parts) + 1))


def test_no_module_is_imported_by_a_string():
    found = []
    for path in FILES:
        if any(module == "importlib" and set(names) <= {"import_module"} for module, names in imports(path)):
            found.append(f"{short(path)} imports importlib")
        dotted = (text for text in strings(path) if is_module(text.partition(":")[0]))
        found += [f"{short(path)} names {text!r}" for text in dotted]
    assert sorted(set(found)) == []


def is_module(text):
    if not text.startswith("experiments.") or not all(map(str.isidentifier, text.split("."))):
        return False
    place = ROOT.joinpath(*text.split("."))
    return place.is_dir() or place.with_suffix(".py").exists()


def test_no_package_uses_a_private_name_of_another():
    privates = {short(path): private_definitions(TREES[path]) for path in FILES}
    packages = {short(path): package_of(path) for path in FILES}
    found = []
    for path in FILES:
        taken = [(module, name) for module, names in imports(path) for name in names if is_private(name)]
        found += [f"{short(path)} imports {name} of {module}" for module, name in taken if module.startswith("exp")]
        # Names in texts count where the text names the file too.
        texts = strings(path)
        found += [
            f"{short(path)} names {other}: {name}"
            for other in texts & privates.keys()
            if packages[other] != package_of(path)
            for name in texts & privates[other]
        ]
        modules = {alias for alias, module in module_aliases(path).items() if module != package_of(path)}
        found += [
            f"{short(path)} uses {node.value.id}.{node.attr}"
            for node in ast.walk(TREES[path])
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if node.value.id in modules and is_private(node.attr)
        ]
    assert sorted(set(found)) == []


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def private_definitions(tree):
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in names if is_private(name)}


def module_aliases(path):
    """Return local names that stand for modules of the project, each with the package of the module."""
    aliases = {}
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("experiments"):
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                if is_module(module):
                    aliases[alias.asname or alias.name] = module.split(".")[1]
    return aliases


@pytest.mark.parametrize("kind", ["modules", "classes"])
def test_no_name_is_given_twice(kind):
    if kind == "modules":
        names = [path.stem for path in FILES if not path.stem.startswith("__")]
    else:
        names = [node.name for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert sorted(name for name, count in Counter(names).items() if count > 1) == []

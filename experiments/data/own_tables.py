"""Tables from files as arrays: categories encoded and missing values filled by what the training rows show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.errors import config_error, first_paragraph
from experiments.language.calls import Call, call_of
from experiments.language.components import Component
from experiments.language.table_sources import table_of
from experiments.tabular import TableError, TypedTable

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 5000


def load_table(slot: str, source: Component, folder: str) -> TypedTable:
    """Return the table of a source.

    Args:
        slot: The source's name in the study.
        source: A table from a file.
        folder: The folder of the study's file.

    Raises:
        ConfigError: The file cannot be used, or has changed since the study was loaded.
    """
    try:
        return table_of(source, folder)
    except TableError as error:
        raise config_error(f"data.{slot}.{error.argument}", str(error)) from error


def imputer_call(source: Component) -> Call | None:
    """Return the call of the imputer, which keeps a column without any value in the training rows; None without one."""
    imputer = source.get("imputer")
    if imputer is None:
        return None
    call = call_of("imputers", imputer)
    return call.with_arguments(**{"keep_empty_features": True, **call.arguments})


def encoder_call(source: Component) -> Call | None:
    """Return the call of the encoder, without the categories of the columns; None without one."""
    encoder = source.get("encoder")
    if encoder is None:
        return None
    call = call_of("encoders", encoder)
    return call.with_arguments(sparse_output=False) if call.name == "OneHotEncoder" else call


def encoded_inputs(table: TypedTable, source: Component, train: np.ndarray) -> np.ndarray:
    """Return the inputs of all rows as numbers: first the columns of numbers, then those of encoded categories.

    Args:
        table: The table.
        source: Its imputer and its encoder.
        train: Numbers of the training rows, the only ones that imputer and encoder are fitted on.

    Raises:
        ConfigError: scikit-learn refuses their arguments, or there are too many columns.
    """
    from sklearn import impute, preprocessing

    numbers, categories = table.numbers, table.categories
    parts = []
    imputer, encoder = imputer_call(source), encoder_call(source)
    if numbers:
        fill = imputer and getattr(impute, imputer.name)(**imputer.arguments)
        parts.append(_transformed(table.inputs[numbers], fill, imputer, train))
    if categories and encoder is not None:
        encode = getattr(preprocessing, encoder.name)(**encoder.arguments, categories=list(categories.values()))
        if encoder.name == "OneHotEncoder" and sum(map(len, categories.values())) > MOST_COLUMNS:
            message = (
                f"makes more than {MOST_COLUMNS:,} columns of these categories; expected without:, or OrdinalEncoder"
            )
            raise config_error(encoder.path, message)
        parts.append(_transformed(table.inputs[list(categories)], encode, encoder, train))
    return np.concatenate(parts, axis=1)


def _transformed(columns: pd.DataFrame, transformer: Any, call: Call | None, train: np.ndarray) -> np.ndarray:
    rows = columns.to_numpy()
    if transformer is None or call is None:
        return np.asarray(rows, dtype=float)
    try:
        return np.asarray(transformer.fit(rows[train]).transform(rows), dtype=float)
    except (TypeError, ValueError) as error:
        raise config_error(call.path, f"{call.name}: {first_paragraph(error)}") from error

"""Small tables as text."""

import random


def written(columns, separator=","):
    """Write columns as a CSV file: name → cells."""
    rows = zip(*columns.values(), strict=True)
    return "\n".join([separator.join(columns), *(separator.join(map(str, row)) for row in rows)]) + "\n"


def houses(rows=40, **changes):
    """Give the columns of a table of houses; changes add, replace or (None) remove some."""
    draw = random.Random(1)
    columns = {
        "area": [draw.randint(40, 200) for _ in range(rows)],
        "rooms": [draw.randint(1, 6) for _ in range(rows)],
        "garden": [draw.choice(["true", "false"]) for _ in range(rows)],
        "town": [draw.choice(["Ulm", "Bonn", "Jena"]) for _ in range(rows)],
    }
    columns["price"] = [100 + 3.5 * area + draw.randint(-20, 20) for area in columns["area"]]
    return {name: cells for name, cells in {**columns, **changes}.items() if cells is not None}


def with_cell(column, row, cell):
    """Give a column of houses with another cell; the row is counted as a spreadsheet does."""
    cells = list(houses()[column])
    cells[row - 2] = cell
    return {column: cells}

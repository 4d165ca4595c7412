"""A user's own table: from a CSV, TSV or Parquet file to typed columns and targets, or to a message about a cell."""

from experiments.tabular.table_file import TableError, TableOptions, checksum_of, locate
from experiments.tabular.typed_table import TypedTable, read_table

__all__ = ["TableError", "TableOptions", "TypedTable", "checksum_of", "locate", "read_table"]

"""What can be wrong with a table's Parquet file, as its footer shows, and how the file comes back."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from stat_engine.errors import Damaged, shown
from stat_engine.method.stage import STORED
from stat_engine.records import Record, arrow_schema


def damaged(path: Path, found: str) -> Damaged:
    """The error of a table's file that is not what its manifest says, with the way to make it again."""
    return Damaged(f"{path}: found {found}, expected the table that its manifest names; {way_out(path)}")


def reason(error: Exception) -> str:
    """Why a Parquet file cannot be read, for `damaged`."""
    if isinstance(error, FileNotFoundError):
        return "no file"
    said = (str(error).splitlines() or [type(error).__name__])[0]
    return f"a damaged Parquet file ({shown(said, 120)})"


def way_out(path: Path) -> str:
    """How a table's file comes back: from a copy, or made again by the command that made it."""
    folder, parts = path.parent, path.parts
    remake = ""
    for kind, names in (("runs", parts[:-3]), ("datasets", parts[:-3])):
        if kind in names:
            at = len(names) - 1 - names[::-1].index(kind)
            remake = _remade(kind, parts[at + 1], parts[at + 2])
    again = f", or remove the folder {folder} and make it again with: {remake}" if remake else ""
    return f"restore it from a copy{again}"


def _remade(kind: str, name: str, table: str) -> str:
    if kind == "datasets":
        what = {"questions": "questions", "skill_map": "skill-map"}.get(table)
        return f"stat-studio import {what} FILE --dataset {name}" if what else ""
    of = next((of.name for of in STORED if table in of.folders), None)
    return f"stat-studio run {name} --until {of}" if of else ""


@lru_cache(maxsize=4096)
def check_file(
    path: Path, n_rows: int, n_bytes: int | None, record: type[Record], _changed_ns: int, found_bytes: int
) -> None:
    """Compare a file's length, rows and columns with what its manifest and its record say.

    Reads the footer alone, once for each state of the file. Raises StatError where they differ."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if n_bytes is not None and n_bytes != found_bytes:
        raise damaged(path, f"{found_bytes:,} bytes in place of {n_bytes:,}")
    try:
        found = pq.read_metadata(path)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise damaged(path, reason(error)) from None
    if found.num_rows != n_rows:
        raise damaged(path, f"{found.num_rows:,} rows in place of {n_rows:,}")
    schema, fields = found.schema.to_arrow_schema(), arrow_schema(record) if record.model_fields else []
    types = {field.name: field.type for field in schema}
    strange = [field.name for field in fields if types.get(field.name, field.type) != field.type]
    if strange or (fields and not any(field.name in types for field in fields)):
        raise damaged(path, f"other columns ({', '.join(strange or list(types)[:5])})")


def whole(part: Path) -> Any:
    """A batch of a stage under way; one that is damaged is made again after it is removed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(part)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise Damaged(
            f"{part}: found {reason(error)}, expected a finished batch; remove this file and give the "
            "same order again"
        ) from None

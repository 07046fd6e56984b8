"""CSV as people have it."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.services.files.csv_rows import BadLine, CsvFile

cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\r\x00"), min_size=1, max_size=12
)


@given(
    st.lists(st.tuples(cells, cells, cells), max_size=20),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.integers(1, 50),
)
def test_what_a_csv_writer_wrote_is_what_is_read_however_it_is_cut_into_blocks(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, str]],
    separator: str,
    end: str,
    encoding: str,
    block: int,
):
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, lineterminator=end)
    writer.writerows([("a", "b", "c"), *rows])
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(written.getvalue().encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("appliance.services.files.csv_rows.BLOCK", block)
        file = CsvFile(path, ("a", "b", "c"), ())
        lines = [numbered for part in file.blocks() for numbered in part.numbered()]
    file.close()
    read = {number: tuple(file.layout.fields(line)) for number, line in lines}
    said = {n: row for n, row in enumerate(rows, 2) if separator != "\t" or "".join(row).strip()}
    assert read == said


def test_a_line_without_an_end_costs_no_memory_and_no_neighbour(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n" + "x" * (5 << 20) + "\n3,4\n")
    file = CsvFile(path, ("a", "b"), ())
    lines = [numbered for part in file.blocks() for numbered in part.numbered()]
    file.close()
    assert [number for number, _ in lines] == [2, 3, 4]
    assert len(lines[1][1]) < 70_000
    with pytest.raises(BadLine, match="longer than"):
        file.layout.fields(lines[1][1])
    assert file.layout.fields(lines[2][1]) == ["3", "4"]

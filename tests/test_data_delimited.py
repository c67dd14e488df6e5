"""Reading .csv and .tsv: what is accepted comes out exactly, what is not is refused with file, line and column."""

import csv
import gzip
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pynncore.data import read_table

ACCEPTED = {
    "plain": ("a,b\n1,2\n3,4\n", [[1, 2], [3, 4]]),
    "no newline at the end": ("a,b\n1,2\n3,4", [[1, 2], [3, 4]]),
    "CRLF": ("a,b\r\n1,2\r\n3,4\r\n", [[1, 2], [3, 4]]),
    "CR alone": ("a,b\r1,2\r3,4\r", [[1, 2], [3, 4]]),
    "byte order mark": ("\ufeffa,b\n1,2\n3,4\n", [[1, 2], [3, 4]]),
    "blank lines": ("\n\na,b\n\n1,2\n   \n3,4\n\n\n", [[1, 2], [3, 4]]),
    "quoted numbers": ('"a","b"\n"1","2"\n"3",4\n', [[1, 2], [3, 4]]),
    "spaces around cells": (" a , b \n 1 ,\t2\n3 , 4\n", [[1, 2], [3, 4]]),
    "semicolons": ("a;b\n1;2\n3;4\n", [[1, 2], [3, 4]]),
    "signs and exponents": ("a,b\n+1e0,.2e+1\n3.,4E-0\n", [[1, 2], [3, 4]]),
    "no-break space": ("a,b\n1\u00a0,2\n3,4\n", [[1, 2], [3, 4]]),
}


@pytest.fixture
def written(tmp_path):
    def write(content, name="rows.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted_forms_give_the_same_numbers(written, case):
    text, expected = ACCEPTED[case]
    table = read_table(written(text))
    assert table.names == table.number_names == ("a", "b")
    np.testing.assert_array_equal(table.numbers, expected)


@pytest.mark.parametrize(
    ("name", "separator"),
    [
        ("data.TSV", "\t"),
        ("data.Tsv.Gz", "\t"),
        ("old.csv.tsv", "\t"),
        ("old.tsv.csv", ","),
        ("old.tsv.csv.gz", ","),
        ("old.gz.csv", ","),
        ("up.CSV", ","),
        ("up.CSV.GZ", ","),
    ],
)
def test_the_last_suffixes_in_any_case_decide_the_format(written, name, separator):
    content = f"a{separator}b\n1{separator}2\n3{separator}4\n".encode()
    table = read_table(written(gzip.compress(content) if name.lower().endswith(".gz") else content, name))
    assert table.names == ("a", "b")
    np.testing.assert_array_equal(table.numbers, [[1, 2], [3, 4]])


def test_a_name_alone_is_one_column(written):
    path = written("a,b,ab\n1,2,3\n4,5,6\n")
    table = read_table(path, drop="ab", text="b")
    assert (table.number_names, tuple(table.others)) == (("a",), ("b",))
    again = read_table(path).select(drop="ab", text="b")
    assert (again.number_names, tuple(again.others)) == (("a",), ("b",))
    with pytest.raises(ValueError, match="has no column 'species'; it has 'a', 'b', 'ab'"):
        read_table(path, drop="species")


REFUSED = {
    "missing number": ("a,b\n1,2\n3,\n", "line 3, column 2 ('b'): a number is missing"),
    "missing number as NA": ("a,b\n1,2\nNA,3\n", "line 3, column 1 ('a'): a number is missing ('NA')"),
    "NaN": ("a,b\n1,2\nnan,3\n", "line 3, column 1 ('a'): a number is missing ('nan')"),
    "infinity": ("a,b\n1,2\n3,-inf\n", "line 3, column 2 ('b'): '-inf' is not finite"),
    "overflow": ("a,b\n1,1e999\n", "line 2, column 2 ('b'): '1e999' is too large"),
    "word among numbers": ("a,b\n1,2\n3,4\n5,oops\n", "line 4, column 2 ('b'): 'oops' is not a number"),
    "digits with underscores": ("a,b\n1,2\n3,4\n1_0,4\n", "line 4, column 1 ('a'): '1_0' is not a number"),
    "digits of another script": ("a,b\n1,2\n3,4\n\u0663,4\n", "line 4, column 1 ('a'): '\u0663' is not a number"),
    "hexadecimal": ("a,b\n1,2\n3,4\n5,0x10\n", "line 4, column 2 ('b'): '0x10' is not a number"),
    "decimal comma": ('a,b\n1,2\n3,4\n5,"1,5"\n', "line 4, column 2 ('b'): '1,5' is not a number"),
    "NUL byte": ("a,b\n1,2\n3,4\n5,6\0\n", "line 4, column 2 ('b'): '6\\x00' is not a number"),
    "very long cell": ("a,b\n1,2\n3,4\n5," + "x" * 1000 + "\n", "line 4, column 2 ('b'): '" + "x" * 37 + "...'"),
    "cell beyond the parser's limit": ("a,b\n1,2\n3," + "x" * 200_000 + "\n", "line 3: field larger than field limit"),
    "short row": ("a,b\n1,2\n3\n", "line 3: 1 cells, but line 1 has 2"),
    "long row": ("a,b\n1,2\n3,4,5\n", "line 3: 3 cells, but line 1 has 2"),
    "line numbers pass over blank lines": ("a,b\n\n1,2\n\r\n3,x\n5,6\n", "line 5, column 2 ('b'): 'x'"),
    "line numbers pass over quoted newlines": ('a,b,c\n1,"x\ny",2\n3,z,q\n5,w,6\n', "line 4, column 3 ('c'): 'q'"),
    "open quote": ('a,b\n1,"2\n3,4\n', "line 2: unexpected end of data"),
    "text after a quote": ('a,b\n1,"2"x\n', "line 2: ',' expected after '\"'"),
    "name twice": ("a,b,a\n1,2,3\n", "line 1, column 3: the name 'a' occurs twice"),
    "no name": (",b\n1,2\n", "line 1, column 1: the name is empty; name it, or drop 'column_1'"),
    "header alone": ("a,b\n", "has a header but no rows"),
    "nothing": ("", "is empty"),
    "only blank lines": ("\n \n\n", "is empty"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "line 1: not UTF-8 text"),
    "Latin-1": ("a,b\n1,2\n3,gr\xfcn\n".encode("latin-1"), "line 3: not UTF-8 text"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_place(written, case):
    content, message = REFUSED[case]
    path = written(content)
    with pytest.raises(ValueError) as caught:
        read_table(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("row", [2, 1000, 1001, 1002, 8193, 8194, 20_000])
def test_the_line_of_a_bad_cell_is_right_in_every_block(written, row):
    lines = ["a,b", *("1,2" for _ in range(20_000))]
    lines[row - 1] = "1,x"
    with pytest.raises(ValueError, match=rf"line {row}, column 2 \('b'\): 'x' is not a number"):
        read_table(written("\n".join(lines)))


def test_text_and_numbers_are_told_apart(written):
    table = read_table(written("n,colour,code\n1,red,7\n2,,A1\n3,green,B2\n"))
    assert table.number_names == ("n",)
    assert table.others["colour"].tolist() == ["red", "", "green"]
    assert table.others["code"].tolist() == ["7", "A1", "B2"]


def test_a_column_that_is_empty_throughout_is_a_missing_number(written):
    with pytest.raises(ValueError, match=r"line 2, column 2 \('b'\): a number is missing"):
        read_table(written("a,b\n1,\n2,\n"))


def test_header_is_found_or_not(written):
    def names(text, **options):
        return read_table(written(text), **options).names

    assert names("5.1,3.5,setosa\n4.9,3.0,setosa\n") == ("column_1", "column_2", "column_3")
    assert names("0,1,2,kind\n5,6,7,a\n") == ("0", "1", "2", "kind")
    assert names("0,1\n1,0\n") == ("column_1", "column_2")
    assert names("label,1x1,1x2\n5,0,0\n") == ("label", "1x1", "1x2")
    assert names("x,y\na,b\n", header=False) == ("column_1", "column_2")
    assert names("2020,2021\n1,2\n", header=True) == ("2020", "2021")


def test_without_header_the_first_row_is_data(written):
    np.testing.assert_array_equal(read_table(written("1,2\n3,4\n")).numbers, [[1, 2], [3, 4]])


def test_columns_as_text_and_dropped(written):
    path = written(",zip,b\n1,007,x\n2,123,y\n")
    table = read_table(path, text=["zip"], drop=["column_1"])
    assert table.numbers.shape == (2, 0)
    assert table.others["zip"].tolist() == ["007", "123"]
    assert "column_1" not in table
    with pytest.raises(ValueError, match="has no column 'q'; it has 'column_1', 'zip', 'b'"):
        read_table(path, drop=["column_1", "q"])


def test_kinds_read_only_what_is_asked_for(written):
    path = written("id,a,b\nx,1,7\n,2,8\n")
    table = read_table(path, kinds={"a": "number", "b": "text", "not there": "number"})
    assert table.number_names == ("a",)
    assert table.others["b"].tolist() == ["7", "8"]
    with pytest.raises(ValueError, match=r"line 2, column 1 \('id'\): 'x' is not a number"):
        read_table(path, kinds={"id": "number"})


def test_tsv_and_gzip(tmp_path, written):
    np.testing.assert_array_equal(read_table(written("a\tb\n1\t2\n", "rows.tsv")).numbers, [[1, 2]])
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(b"a,b\n1,2\n" * 1))
    np.testing.assert_array_equal(read_table(packed).numbers, [[1, 2]])
    packed.write_bytes(packed.read_bytes()[:-6])
    with pytest.raises(ValueError, match=r"rows\.csv\.gz is damaged"):
        read_table(packed)
    packed.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"rows\.csv\.gz is damaged"):
        read_table(packed)


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(finite, finite, finite), min_size=1, max_size=20))
def test_every_float_comes_back_exactly(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    path.write_text("a,b,c\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows))
    np.testing.assert_array_equal(read_table(path).numbers, np.array(rows))


cell = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=10))
def test_every_text_comes_back_without_the_spaces_around_it(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("first", "second"), *rows])
    path.write_bytes(text.getvalue().encode())
    table = read_table(path, text=["first", "second"])
    assert table.others["first"].tolist() == [first.strip() for first, _ in rows]
    assert table.others["second"].tolist() == [second.strip() for _, second in rows]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    path.write_bytes(content)
    try:
        table = read_table(path)
    except ValueError as error:
        assert str(path) in str(error)
    else:
        assert len(table) > 0
        assert np.isfinite(table.numbers).all()

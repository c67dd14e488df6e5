"""Data: reading files, bundled sets, and the preprocessing that is kept with a model.

    data = nn.data.load("digits")                  a Dataset: X, y, names
    train, test = data.split(test=0.2, rng=0)

`read_table` and `Preprocessing` are the two halves of `load`, for rows that a trained model is to see later.
"""

from .columns import Categories, Classes, Numbers, Quantity
from .datasets import Dataset, load, split_rows
from .idx import read_idx
from .preprocessing import Preprocessing
from .reading import read_table, target_of
from .streams import ParquetStream
from .table import Table

__all__ = [
    "Categories",
    "Classes",
    "Dataset",
    "Numbers",
    "ParquetStream",
    "Preprocessing",
    "Quantity",
    "Table",
    "load",
    "read_idx",
    "read_table",
    "split_rows",
    "target_of",
]

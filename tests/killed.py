"""Trains in processes that are killed at random moments and go on from their checkpoint, and prints what they end in.

python tests/killed.py FOLDER KILLS SEED

The first line is the SHA-256 of an undisturbed training, then comes one for each training that was killed, often
several times, before it ended. This process never trains: children forked from it have all their threads.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

import pynncore as nn

rng = np.random.default_rng(0)
X = rng.standard_normal((400, 12)).astype(np.float32)
y = rng.integers(0, 3, 400)
WEIGHT = rng.uniform(0.5, 2, 400)


def digest(network, history):
    """Of weights and history, without the column "seconds"."""
    columns = {name: values for name, values in history.history.items() if name != "seconds"}
    text = json.dumps([columns, history.stopped, network.epochs])
    return hashlib.sha256(b"".join(map(bytes, network.state_dict().values())) + text.encode()).hexdigest()


def train(path=None):
    """To its end, from the checkpoint if there is one."""
    network = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Dropout(0.2), nn.Linear(24, 3), rng=1)
    stopping = nn.EarlyStopping(patience=4, monitor="val_accuracy")
    history = network.fit(
        X, y,
        loss=nn.CrossEntropyLoss(label_smoothing=0.1),
        optimizer=nn.Adam(lr=nn.OneCycleLR(0.02, 600)),
        epochs=12, batch_size=8,
        validation_split=0.1, metrics=["accuracy"], sample_weight=WEIGHT,
        callbacks=[stopping] if path is None else [nn.ModelCheckpoint(path, every_n_batches=3), stopping],
        resume=path if path is not None and path.exists() else None,
    )  # fmt: skip
    return digest(network, history)


def child(path=None):
    """Starts a training; returns its process and where its result can be read."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    try:
        os.write(writing, train(path).encode())
        os._exit(0)
    except BaseException as error:
        os.write(writing, repr(error).encode())
        os._exit(1)


def end(process, reading):
    """What the training ended in; "": it was killed."""
    os.waitpid(process, 0)
    with open(reading) as file:
        return file.read()


def main(folder, kills, seed):
    path, rng = Path(folder) / "checkpoint", random.Random(seed)
    print(end(*child()), flush=True)
    path.unlink(missing_ok=True)
    start = time.perf_counter()
    end(*child(path))
    seconds = time.perf_counter() - start
    path.unlink()
    while kills > 0:
        process, reading = child(path)
        time.sleep(rng.uniform(0, seconds))
        os.kill(process, signal.SIGKILL)
        result = end(process, reading)
        kills -= not result
        if result:
            print(result, flush=True)
            path.unlink()
    print(end(*child(path)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

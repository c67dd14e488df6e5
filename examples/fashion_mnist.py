"""The 784-128-64-10 network on Fashion-MNIST: 60,000 images of clothes in ten classes.

    python examples/fashion_mnist.py [FOLDER] [EPOCHS]

FOLDER holds the four idx files; the default is where Debian's package dataset-fashion-mnist puts them.
"""

import sys

import numpy as np

import pynncore as nn

CLASSES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")

folder = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist"
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 10
train, test = nn.data.load(f"idx:{folder}").split()

network = nn.Sequential(
    nn.Linear(784, 128),
    nn.ReLU(),
    nn.Linear(128, 64),
    nn.ReLU(),
    nn.Linear(64, 10),
    rng=0,
)
network.summary()
history = network.fit(
    train.X,
    train.y,
    loss=nn.CrossEntropyLoss(),
    optimizer=nn.Adam(lr=1e-3),
    epochs=epochs,
    batch_size=128,
    validation_data=(test.X, test.y),
    metrics=["accuracy"],
)
for epoch, (loss, accuracy) in enumerate(zip(history["loss"], history["val_accuracy"], strict=True)):
    print(f"epoch {epoch + 1:2}: loss {loss:.4f}, test accuracy {accuracy:.4f}")
print(f"{sum(history['seconds']) / epochs:.2f} s an epoch")

wrong = network.predict(test.X).argmax(axis=1) != test.y
for label in np.argsort([-wrong[test.y == c].mean() for c in range(10)])[:3]:
    print(f"hardest: {CLASSES[label]}, {wrong[test.y == label].mean():.1%} wrong")

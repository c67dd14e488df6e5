"""Two classes: telling 3 from 8 in handwritten digits, with one output and the binary cross-entropy of its logit."""

import numpy as np

import pynncore as nn

digits = nn.data.load("digits")
pair = digits.take(np.isin(digits.y, (3, 8)))
train, test = pair.split(test=0.25, rng=0)
X, X_test = train.X / 16, test.X / 16  # pixels are 0 ... 16
print(f"{len(train)} images to train on, {len(test)} to test on")

network = nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 1), rng=0)
history = network.fit(
    X,
    train.y == 8,
    loss=nn.BCEWithLogitsLoss(),
    optimizer=nn.SGD(lr=0.05, momentum=0.9),
    epochs=60,
    batch_size=16,
    validation_data=(X_test, test.y == 8),
    metrics=["binary_accuracy"],
)
for epoch in (0, 9, 29, 59):
    print(
        f"epoch {epoch + 1:2}: loss {history['loss'][epoch]:.4f}, test accuracy "
        f"{history['val_binary_accuracy'][epoch]:.4f}"
    )

probability = network.predict_proba(X_test)[:, 1]  # columns: not an 8, an 8
surest = int(np.argmax(np.abs(probability - 0.5)))
print(f"surest about image {surest}: a {test.y[surest]}, taken for an 8 with probability {probability[surest]:.4f}")

"""Regression: the progression of diabetes a year on, from ten measurements of 442 patients, beside a linear model."""

import numpy as np

import pynncore as nn

train, test = nn.data.load("diabetes").split(test=0.25, rng=0)
mean, spread = train.X.mean(axis=0), train.X.std(axis=0)
X, X_test = (train.X - mean) / spread, (test.X - mean) / spread
y_mean, y_spread = train.y.mean(), train.y.std()

network = nn.Sequential(nn.Linear(10, 16), nn.Tanh(), nn.Linear(16, 1), rng=0, dtype="float64")
history = network.fit(
    X,
    (train.y - y_mean) / y_spread,
    loss=nn.MSELoss(),
    optimizer=nn.AdamW(lr=1e-3, weight_decay=0.3),
    epochs=400,
    batch_size=32,
    validation_split=0.15,
    callbacks=[nn.EarlyStopping(patience=20, restore_best=True)],
)
print(f"stopped after {len(history)} epochs, at a validation loss of {min(history['val_loss']):.3f}")

linear, *_ = np.linalg.lstsq(np.c_[X, np.ones(len(X))], train.y, rcond=None)
predictions = {
    "the mean": np.full(len(test.y), y_mean),
    "linear least squares": np.c_[X_test, np.ones(len(X_test))] @ linear,
    "network": network.predict(X_test)[:, 0] * y_spread + y_mean,
}
for name, prediction in predictions.items():
    print(f"{name:20} root mean squared error {np.sqrt(np.mean((prediction - test.y) ** 2)):5.1f}")

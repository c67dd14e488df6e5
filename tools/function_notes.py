"""What tools/make_docs.py says beside a definition: the function's range, its names elsewhere, and when to use it."""

from typing import NamedTuple


class Note(NamedTuple):
    """Names are those of torch.nn, keras.activations and keras.losses; "" where there is none."""

    range: str = ""
    torch: str = ""
    keras: str = ""
    use: str = ""


ACTIVATIONS = {
    "Identity": Note("all numbers", "Identity", "linear", "Outputs of a regression, or to leave a place open."),
    "Step": Note("0, 1", "", "", "The chapter's first neuron. It cannot be trained through without a `surrogate`."),
    "BentIdentity": Note("all numbers", "", "", "A smooth line that bends at 0; historical."),
    "Hardshrink": Note(
        "all numbers but (-lambd, lambd)", "Hardshrink", "hard_shrink", "Sparse codes: small values are noise."
    ),
    "Softshrink": Note("all numbers", "Softshrink", "soft_shrink", "Sparse codes; the proximal step of an L1 penalty."),
    "Threshold": Note("value, and above threshold", "Threshold", "threshold", "A ReLU whose corner is elsewhere."),
    "Sigmoid": Note("(0, 1)", "Sigmoid", "sigmoid", "Probabilities of two classes, gates. Hidden layers saturate."),
    "Hardsigmoid": Note("[0, 1]", "Hardsigmoid", "hard_sigmoid", "A sigmoid of straight lines, for small processors."),
    "LogSigmoid": Note("(-infinity, 0)", "LogSigmoid", "log_sigmoid", "Logarithms of probabilities, without overflow."),
    "Tanh": Note("(-1, 1)", "Tanh", "tanh", "Small networks and smooth functions: outputs are centred at 0."),
    "Tanhshrink": Note("all numbers", "Tanhshrink", "tanh_shrink", "Sparse codes, smoothly."),
    "Hardtanh": Note("[min_val, max_val]", "Hardtanh", "hard_tanh", "A tanh of straight lines; outputs within limits."),
    "ArcTan": Note("(-pi/2, pi/2)", "", "", "Like tanh, but saturates slowly: gradients stay larger."),
    "ReLU": Note("[0, infinity)", "ReLU", "relu", "The usual choice for hidden layers; units can die."),
    "ReLU6": Note("[0, 6]", "ReLU6", "relu6", "A ReLU whose outputs fit few bits."),
    "LeakyReLU": Note("all numbers", "LeakyReLU", "leaky_relu", "Where ReLU units die."),
    "PReLU": Note("all numbers", "PReLU", "PReLU (layer)", "A LeakyReLU that learns its slope."),
    "ELU": Note("(-alpha, infinity)", "ELU", "elu", "Hidden layers whose mean should be near 0."),
    "SELU": Note("(-1.758, infinity)", "SELU", "selu", "Deep plain networks: keeps mean and variance by itself."),
    "CELU": Note("(-alpha, infinity)", "CELU", "celu", "An ELU that is smooth for every alpha."),
    "Softplus": Note("(0, infinity)", "Softplus", "softplus", "Positive outputs: variances, rates."),
    "Softsign": Note("(-1, 1)", "Softsign", "softsign", "Like tanh, but saturates slowly and needs no exponential."),
    "Swish": Note("from about -0.278 / beta", "", "", "Deep networks, where its gate may be learned."),
    "ACON": Note("all numbers", "", "", "Lets each feature learn whether and how it bends."),
    "SiLU": Note("[-0.278, infinity)", "SiLU", "silu", "Deep networks; a smooth ReLU."),
    "Hardswish": Note("[-0.375, infinity)", "Hardswish", "hard_silu", "A SiLU of parabolas, for small processors."),
    "Mish": Note("[-0.309, infinity)", "Mish", "mish", "Deep networks; a smooth ReLU."),
    "TanhExp": Note("[-0.354, infinity)", "", "", "Like Mish, steeper near 0."),
    "GELU": Note("[-0.170, infinity)", "GELU", "gelu", "Deep networks, transformers; a smooth ReLU."),
    "Exponential": Note("(0, infinity)", "", "exponential", "Positive outputs such as rates; grows fast."),
    "Sine": Note("[-1, 1]", "", "", "Signals and their derivatives by coordinates (SIREN, omega=30)."),
    "Gaussian": Note("(0, 1]", "", "", "Local features, as in radial basis functions."),
    "SquaredReLU": Note("[0, infinity)", "", "", "Transformers; sparse like ReLU, with a continuous slope."),
    "LiSHT": Note("[0, infinity)", "", "", "Even functions: both signs count alike."),
    "Squareplus": Note("(0, infinity)", "", "squareplus", "A softplus without exponential."),
    "SparsePlus": Note("[0, infinity)", "", "sparse_plus", "A softplus that is exactly 0 below -1."),
    "SparseSigmoid": Note("[0, 1]", "", "sparse_sigmoid", "A sigmoid that reaches 0 and 1."),
    "Snake": Note("all numbers", "", "", "Periodic data: it can go on beyond what it was trained on."),
    "RReLU": Note("all numbers", "RReLU", "", "A LeakyReLU with random slopes, against overfitting."),
    "Dropout": Note("all numbers", "Dropout", "Dropout (layer)", "Against overfitting, between wide layers."),
    "AlphaDropout": Note("all numbers", "AlphaDropout", "AlphaDropout (layer)", "Dropout for networks of SELU units."),
    "GaussianNoise": Note("all numbers", "", "GaussianNoise (layer)", "Noise on inputs, against overfitting."),
    "Softmax": Note("(0, 1), rows sum to 1", "Softmax", "softmax", "Probabilities of K classes, as the last layer."),
    "LogSoftmax": Note("(-infinity, 0)", "LogSoftmax", "log_softmax", "Before `NLLLoss`."),
    "Softmin": Note("(0, 1), rows sum to 1", "Softmin", "", "Like softmax, where small scores are good."),
    "Sparsemax": Note("[0, 1], rows sum to 1", "", "sparsemax", "Probabilities of which most are exactly 0."),
    "GLU": Note("all numbers", "GLU", "glu", "Hidden layers that gate themselves."),
    "ReGLU": Note("all numbers", "", "", "Hidden layers that gate themselves; cheap."),
    "GEGLU": Note("all numbers", "", "", "Hidden layers of transformers."),
    "SwiGLU": Note("all numbers", "", "", "Hidden layers of transformers."),
    "Bilinear": Note("all numbers", "", "", "Products of features, without a gate's bend."),
}
LOSSES = {
    "SquaredError": Note("[0, infinity)", "", "", "Regression, with the chapter's gradient y - d."),
    "MSELoss": Note("[0, infinity)", "MSELoss", "MeanSquaredError", "Regression; estimates the mean."),
    "L1Loss": Note("[0, infinity)", "L1Loss", "MeanAbsoluteError", "Regression with outliers; estimates the median."),
    "HuberLoss": Note("[0, infinity)", "HuberLoss", "Huber", "Regression with outliers, smooth at 0."),
    "SmoothL1Loss": Note("[0, infinity)", "SmoothL1Loss", "", "The Huber loss divided by its delta."),
    "LogCoshLoss": Note("[0, infinity)", "", "LogCosh", "Regression with outliers, smooth everywhere."),
    "QuantileLoss": Note("[0, infinity)", "", "", "Quantiles: intervals of prediction."),
    "MeanSquaredLogarithmicError": Note(
        "[0, infinity)", "", "MeanSquaredLogarithmicError", "Sizes and prices: relative errors."
    ),
    "MeanAbsolutePercentageError": Note(
        "[0, infinity)", "", "MeanAbsolutePercentageError", "Errors in percent of targets far from 0."
    ),
    "PoissonNLLLoss": Note("all numbers", "PoissonNLLLoss", "Poisson", "Counts."),
    "GaussianNLLLoss": Note(
        "all numbers", "GaussianNLLLoss", "", "Regression with an uncertainty for each prediction."
    ),
    "BCELoss": Note(
        "[0, infinity)", "BCELoss", "BinaryCrossentropy", "Two classes, or several at once; after `Sigmoid`."
    ),
    "BCEWithLogitsLoss": Note(
        "[0, infinity)", "BCEWithLogitsLoss", "BinaryCrossentropy(from_logits=True)", "The same from logits."
    ),
    "BinaryFocalLoss": Note("[0, infinity)", "", "BinaryFocalCrossentropy", "Two classes, of which one is rare."),
    "CrossEntropyLoss": Note(
        "[0, infinity)", "CrossEntropyLoss", "CategoricalCrossentropy, SparseCategoricalCrossentropy", "K classes."
    ),
    "NLLLoss": Note("all numbers", "NLLLoss", "", "K classes, after `LogSoftmax`."),
    "FocalLoss": Note("[0, infinity)", "", "CategoricalFocalCrossentropy", "K classes, of which some are rare."),
    "GeneralizedCrossEntropyLoss": Note(
        "[0, 1 / q]", "", "CategoricalGeneralizedCrossEntropy", "K classes with wrong labels."
    ),
    "TverskyLoss": Note("[0, 1]", "", "Tversky", "Sets of labels and masks, few of them positive."),
    "DiceLoss": Note("[0, 1]", "", "Dice", "Sets of labels and masks, few of them positive."),
    "KLDivLoss": Note(
        "[0, infinity) for distributions", "KLDivLoss", "KLDivergence", "Distributions as targets: distillation."
    ),
    "HingeLoss": Note("[0, infinity)", "", "Hinge", "Two classes with a margin, as in support vector machines."),
    "SquaredHinge": Note("[0, infinity)", "", "SquaredHinge", "The same, smooth."),
    "CategoricalHingeLoss": Note("[0, infinity)", "", "CategoricalHinge", "K classes with a margin."),
    "PerceptronLoss": Note("[0, infinity)", "", "", "Rosenblatt's perceptron."),
    "ZeroOneLoss": Note("[0, 1]", "", "", "To report: what the other losses of classes stand for."),
    "CosineEmbeddingLoss": Note("[0, 2]", "CosineEmbeddingLoss", "CosineSimilarity", "Directions: embeddings."),
}
# Losses of Keras 3 that are not of rows of numbers or classes, and so not here.
ELSEWHERE = {
    "CTC": "of sequences of different lengths",
    "Circle": "of all pairs of a batch",
}

"""ONNX Runtime: inference alone."""

import onnx
import onnxruntime
from cells import Problem
from onnx import TensorProto, helper, numpy_helper

from competitors import Predict, Training, Unsupported

VERSION = onnxruntime.__version__


def trainer(problem: Problem) -> Training:
    """There is none."""
    raise Unsupported("ONNX Runtime does not train")


def predictor(problem: Problem) -> Predict:
    """A session over Gemm and activation nodes, with all optimisations that are on by default."""
    import os

    widths, nodes, constants = problem.cell.widths, [], []
    name = "X"
    for i, (weight, bias) in enumerate(zip(problem.weights, problem.biases, strict=True)):
        constants += [numpy_helper.from_array(weight, f"W{i}"), numpy_helper.from_array(bias, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [name, f"W{i}", f"b{i}"], [f"u{i}"], transB=1))
        name = f"u{i}"
        if i + 1 < len(problem.weights):
            nodes.append(
                helper.make_node(
                    {"ReLU": "Relu"}.get(problem.cell.activation, problem.cell.activation), [name], [f"z{i}"]
                )
            )
            name = f"z{i}"
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [problem.cell.batch, widths[0]])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [problem.cell.batch, widths[-1]])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ["OMP_NUM_THREADS"])
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda X: session.run(None, {"X": X})[0]

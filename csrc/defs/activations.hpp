// Activation functions: f(u), its derivative f'(u), and everything that is known about them. One struct each, in the
// file of its family; `Activations` is the one list that kernels, Python classes, docs and tests are made from.
//
// f<V>(u, p) and df<V>(u, p) take a vector of the level's type V and the activation's parameters. Both are accurate
// from u alone to the bounds in info, for every finite u; NaN gives NaN, and infinities give the limits.
#pragma once

#include "defs/activations/algebraic.hpp"
#include "defs/activations/exponential.hpp"
#include "defs/activations/gated.hpp"
#include "defs/activations/piecewise.hpp"
#include "defs/activations/sigmoidal.hpp"
#include "defs/activations/trigonometric.hpp"
#include "defs/affine.hpp"
#include "defs/type_list.hpp"

namespace pynn::defs {

using Activations =
    TypeList<Identity, Step, BentIdentity, Hardshrink, Softshrink, Threshold, Sigmoid, Hardsigmoid, LogSigmoid, Tanh,
             Tanhshrink, Hardtanh, ArcTan, ReLU, ReLU6, LeakyReLU, PReLU, ELU, SELU, CELU, Softplus, Softsign, ISRU,
             Swish, ACON, SiLU, Hardswish, Mish, TanhExp, GELU, Exponential, Sine, Gaussian, SquaredReLU, LiSHT,
             Squareplus, SparsePlus, SparseSigmoid, Snake>;

// Those whose parameters can be learned: da(u, a, slope) gives df/da_k for each of the `learned` first parameters, which are then
// vectors, with a value for each lane.
using Learned = TypeList<PReLU, Swish, ACON, Gain, Affine>;

}  // namespace pynn::defs

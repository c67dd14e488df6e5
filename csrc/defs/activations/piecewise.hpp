// Activations made of straight lines and parabolas. Exact up to the rounding of the last operation or two.
#pragma once

#include "defs/activations/info.hpp"

namespace pynn::defs {

struct Identity {
    static constexpr auto info = ActivationInfo{"Identity", "identity", "u", "1"}
                                     .derivative_from_output()
                                     .as_onnx("Identity")
                                     .from("the lecture notes");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return u;
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return unless_nan(u, V(1));
    }
};

struct Step {
    static constexpr auto info =
        ActivationInfo{"Step", "step", "1 if u > threshold, at_threshold if u = threshold, else 0", "0"}
            .takes({"threshold", 0, -infinity, infinity, nullptr, "where the step is"})
            .takes({"at_threshold", 1, 0, 1, nullptr, "value on the step"})
            .derivative_from_output()
            .from("McCulloch and Pitts 1943");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        return select(u > V(p[0]), V(1), select(u < V(p[0]), V(0), unless_nan(u, V(p[1]))));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return unless_nan(u, V(0));
    }
};

struct Hardshrink {
    static constexpr auto info =
        ActivationInfo{"Hardshrink", "hardshrink", "u if |u| > lambd else 0", "1 if |u| > lambd else 0"}
            .takes({"lambd", 0.5, 0, infinity, nullptr, "half width of the dead zone"})
            .derivative_from_output()
            .as_onnx("Shrink")
            .from("Donoho and Johnstone 1994");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        return select(abs(u) <= V(p[0]), V(0), u);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        return unless_nan(u, select(abs(u) <= V(p[0]), V(0), V(1)));
    }
};

struct Softshrink {
    static constexpr auto info =
        ActivationInfo{"Softshrink", "softshrink", "u - lambd if u > lambd, u + lambd if u < -lambd, else 0",
                       "1 if |u| > lambd else 0"}
            .takes({"lambd", 0.5, 0, most, nullptr, "half width of the dead zone"})
            .errors(0.5, 0)
            .as_onnx("Shrink")
            .from("Donoho and Johnstone 1994");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        return u - clip(u, -V(p[0]), V(p[0]));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        return Hardshrink::df(u, p);
    }
};

// The derivative cannot be read off the output, because `value` may lie above the threshold.
struct Threshold {
    static constexpr auto info =
        ActivationInfo{"Threshold", "threshold", "u if u > threshold else value", "1 if u > threshold else 0"}
            .takes({"threshold", 0, -infinity, infinity, nullptr, "where u begins to pass"})
            .takes({"value", 0, -infinity, infinity, nullptr, "output up to there"})
            .initialised_by(sqrt2)
            .as_onnx("ThresholdedRelu")
            .from("Konda et al. 2015");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        return select(u <= V(p[0]), V(p[1]), u);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        return unless_nan(u, select(u <= V(p[0]), V(0), V(1)));
    }
};

// Where u lies is decided on fused sums, whose sign is exact, so that the kinks are where the parameters say.
struct Hardsigmoid {
    static constexpr auto info = ActivationInfo{"Hardsigmoid", "hardsigmoid", "min(1, max(0, slope u + offset))",
                                                "slope if 0 < slope u + offset < 1 else 0"}
                                     .takes({"slope", 1.0 / 6, least, most, nullptr, "slope between the kinks"})
                                     .takes({"offset", 0.5, -most, most, nullptr, "value at 0"})
                                     .errors(0.5, 0)
                                     .as_onnx("HardSigmoid")
                                     .from("Courbariaux et al. 2015");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        return clip(fma(V(p[0]), u, V(p[1])), V(0), V(1));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        const V above_0 = fma(V(p[0]), u, V(p[1])), above_1 = fma(V(p[0]), u, V(p[1] - 1));
        return unless_nan(u, select((above_0 > V(0)) & (above_1 < V(0)), V(p[0]), V(0)));
    }
};

struct Hardtanh {
    static constexpr auto info =
        ActivationInfo{"Hardtanh", "hardtanh", "min(max_val, max(min_val, u))", "1 if min_val < u < max_val else 0"}
            .takes({"min_val", -1, -infinity, infinity, nullptr, "least output"})
            .takes({"max_val", 1, -infinity, infinity, nullptr, "greatest output, above min_val"})
            .derivative_from_output()
            .as_onnx("Clip")
            .from("Collobert 2004");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        return clip(u, V(p[0]), V(p[1]));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        return unless_nan(u, select((u > V(p[0])) & (u < V(p[1])), V(1), V(0)));
    }
};

struct ReLU {
    static constexpr auto info = ActivationInfo{"ReLU", "relu", "max(0, u)", "1 if u > 0 else 0"}
                                     .initialised_by(sqrt2)
                                     .derivative_from_output()
                                     .as_onnx("Relu")
                                     .from("Nair and Hinton 2010");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return max(V(0), u);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return unless_nan(u, select(u > V(0), V(1), V(0)));
    }
};

struct ReLU6 {
    static constexpr auto info = ActivationInfo{"ReLU6", "relu6", "min(6, max(0, u))", "1 if 0 < u < 6 else 0"}
                                     .initialised_by(sqrt2)
                                     .derivative_from_output()
                                     .as_onnx("Clip")
                                     .from("Krizhevsky 2010");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return clip(u, V(0), V(6));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return unless_nan(u, select((u > V(0)) & (u < V(6)), V(1), V(0)));
    }
};

struct LeakyReLU {
    static constexpr auto info = ActivationInfo{"LeakyReLU", "leaky_relu", "u if u > 0 else a u", "1 if u > 0 else a"}
                                     .takes({"negative_slope", 0.01, 0, infinity, nullptr, "slope a for u <= 0"})
                                     .initialised_by(1.4141428569978354)
                                     .errors(0.5, 0)
                                     .derivative_from_output()
                                     .as_onnx("LeakyRelu")
                                     .from("Maas et al. 2013");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        return select(u > V(0), u, u * V(p[0]));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        return unless_nan(u, select(u > V(0), V(1), V(p[0])));
    }
};

struct PReLU {
    static constexpr auto info = ActivationInfo{"PReLU", "prelu", "u if u > 0 else a u", "1 if u > 0 else a"}
                                     .takes({"weight", 0.25, -most, most, nullptr, "slope a for u <= 0"})
                                     .initialised_by(1.3719886811400708)
                                     .errors(0.5, 0)
                                     .as_onnx("PRelu")
                                     .from("He et al. 2015");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        return select(u > V(0), u, u * V(p[0]));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        return unless_nan(u, select(u > V(0), V(1), V(p[0])));
    }
    static constexpr int learned = 1;
    template <class V>
    static PYNN_INLINE void da(V u, const V*, V* slope) {
        slope[0] = select(u > V(0), V(0), u);
    }
};

struct Hardswish {
    static constexpr auto info = ActivationInfo{"Hardswish", "hardswish", "u min(6, max(0, u + 3)) / 6",
                                                "0 if u <= -3, 1 if u >= 3, else (2u + 3) / 6"}
                                     .initialised_by(sqrt2)
                                     .errors(2.6, 1.4)
                                     .as_onnx("HardSwish")
                                     .from("Howard et al. 2019");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        const V v = max(V(-3), u);
        return v * (min(V(6), v + V(3)) * V(1.0 / 6));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        const V inside = fma(V(2), u, V(3)) * V(1.0 / 6);
        return select(u <= V(-3), V(0), select(u >= V(3), V(1), inside));
    }
};

struct SquaredReLU {
    static constexpr auto info =
        ActivationInfo{"SquaredReLU", "squared_relu", "max(0, u)^2", "2 max(0, u)"}.errors(0.5, 0).from(
            "So et al. 2021");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        const V m = max(V(0), u);
        return m * m;
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        const V m = max(V(0), u);
        return m + m;
    }
};

struct SparseSigmoid {
    static constexpr auto info =
        ActivationInfo{"SparseSigmoid", "sparse_sigmoid", "0 if u <= -1, 1 if u >= 1, else (u + 1) / 2",
                       "1/2 if -1 < u < 1 else 0"}
            .errors(0.5, 0)
            .from("Martins and Astudillo 2016, for two classes");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return clip(fma(V(0.5), u, V(0.5)), V(0), V(1));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return unless_nan(u, select(abs(u) < V(1), V(0.5), V(0)));
    }
};

struct SparsePlus {
    static constexpr auto info = ActivationInfo{"SparsePlus", "sparse_plus",
                                                "0 if u <= -1, u if u >= 1, else (u + 1)^2 / 4", "sparse_sigmoid(u)"}
                                     .initialised_by(sqrt2)
                                     .errors(2, 0.5)
                                     .from("the integral of SparseSigmoid");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        const V half = V(0.5) * (max(V(-1), u) + V(1));
        return select(u >= V(1), u, half * half);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        return SparseSigmoid::f(u, p);
    }
};

}  // namespace pynn::defs

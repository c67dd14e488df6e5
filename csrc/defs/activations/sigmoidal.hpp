// The logistic function and tanh, and what is made of them.
#pragma once

#include "defs/activations/parts.hpp"

namespace pynn::defs {

struct Sigmoid {
    static constexpr auto info = ActivationInfo{"Sigmoid", "sigmoid", "1 / (1 + e^-u)", "f(u) (1 - f(u))"}
                                     .errors(1.5, 1.6)
                                     .as_onnx("Sigmoid")
                                     .from("Verhulst 1838");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return Logistic<V>(exp(-abs(u))).value(u < V(0));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return Logistic<V>(exp(-abs(u))).slope();
    }
};

struct LogSigmoid {
    static constexpr auto info =
        ActivationInfo{"LogSigmoid", "logsigmoid", "-log(1 + e^-u)", "1 / (1 + e^u)"}.errors(1.7, 1.5).from("PyTorch");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return min(V(0), u) - log_one_plus(exp(-abs(u)));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return Logistic<V>(exp(-abs(u))).value(u > V(0));
    }
};

struct Softplus {
    static constexpr auto info = ActivationInfo{"Softplus", "softplus", "log(1 + e^(beta u)) / beta", "sigmoid(beta u)"}
                                     .takes({"beta", 1, least, most, nullptr, "sharpness of the bend"})
                                     .initialised_by(sqrt2)
                                     .errors(1.7, 1.5)
                                     .as_onnx("Softplus")
                                     .from("Dugas et al. 2000");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        return max(V(0), u) + log_one_plus(decay(u, p[0])) * V(1 / p[0]);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        return Logistic<V>(decay(u, p[0])).value(u < V(0));
    }

  private:
    // e^-|beta u|, the product with its rounding error
    template <class V, class S>
    static PYNN_INLINE V decay(V u, S beta) {
        const Sum<V> t = -product(V(beta), min(V(underflow / beta), abs(u)));
        return exp(t.high, t.low);
    }
};

struct Tanh {
    static constexpr auto info = ActivationInfo{"Tanh", "tanh", "tanh(u)", "1 - f(u)^2"}
                                     .initialised_by(5.0 / 3)
                                     .errors(1.2, 1.8)
                                     .as_onnx("Tanh")
                                     .from("LeCun 1989");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return copysign(Hyperbolic<V>(abs(u)).tanh(), u);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return Hyperbolic<V>(abs(u)).slope();
    }
};

struct Tanhshrink {
    static constexpr auto info =
        ActivationInfo{"Tanhshrink", "tanhshrink", "u - tanh(u)", "tanh^2(u)"}.errors(3.7, 3.5).from("PyTorch");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return copysign(Hyperbolic<V>(abs(u)).shrunk(), u);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        const V z = Hyperbolic<V>(abs(u)).tanh();
        return z * z;
    }
};

struct LiSHT {
    static constexpr auto info =
        ActivationInfo{"LiSHT", "lisht", "u tanh(u)", "tanh(u) + u (1 - tanh^2(u))"}.errors(1.9, 1.7).from(
            "Roy et al. 2019");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        return abs(u) * Hyperbolic<V>(abs(u)).tanh();
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        const Hyperbolic<V> h(abs(u));
        return copysign(fma(min(V(underflow), h.a), h.slope(), h.tanh()), u);
    }
};

}  // namespace pynn::defs

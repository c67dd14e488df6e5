// Activations made of +, *, / and sqrt. Each is rearranged so that nothing cancels and nothing finite overflows.
#pragma once

#include "defs/activations/info.hpp"

namespace pynn::defs {

// From this size on, u^2 + 1 and u^2, and 1 + |u| and |u|, are the same number; and 2 u^2 is still finite.
template <class V>
inline constexpr typename V::scalar far = sizeof(typename V::scalar) == 4 ? 0x1p63 : 0x1p511;

// With h = u / (2 (sqrt(u^2 + 1) + 1)), f = u (1 + h), and 1 + h >= 1/2 even where f's two terms cancel.
struct BentIdentity {
    static constexpr auto info =
        ActivationInfo{"BentIdentity", "bent_identity", "(sqrt(u^2 + 1) - 1) / 2 + u", "u / (2 sqrt(u^2 + 1)) + 1"}
            .errors(3.5, 1.6)
            .from("the lecture notes");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        const V half = V(0.5) * clip(u, V(-far<V>), V(far<V>));
        return u * (V(1) + half / (root(u) + V(1)));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        return V(1) + V(0.5) * clip(u, V(-far<V>), V(far<V>)) / root(u);
    }

  private:
    template <class V>
    static PYNN_INLINE V root(V u) {
        const V v = clip(u, V(-far<V>), V(far<V>));
        return sqrt(fma(v, v, V(1)));
    }
};

struct Softsign {
    static constexpr auto info = ActivationInfo{"Softsign", "softsign", "u / (1 + |u|)", "1 / (1 + |u|)^2"}
                                     .errors(1.6, 2.6)
                                     .as_onnx("Softsign")
                                     .from("Bergstra et al. 2009");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S*) {
        const V v = clip(u, V(-far<V>), V(far<V>));
        return v / (V(1) + abs(v));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S*) {
        const V a = abs(u);
        return V(1) / fma(a, V(2) + a, V(1));
    }
};

// Inverse square root unit.
struct ISRU {
    static constexpr auto info = ActivationInfo{"ISRU", "isru", "u / sqrt(1 + alpha u^2)", "(1 + alpha u^2)^-3/2"}
                                     .takes({"alpha", 1, 1e-6, 1e6, nullptr, "outputs approach 1 / sqrt(alpha)"})
                                     .errors(2, 3.6)
                                     .from("Carlile et al. 2017");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        const V v = clip(u, V(-far<V> / 2048), V(far<V> / 2048));
        return v / sqrt(fma(V(p[0]) * v, v, V(1)));
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        const V v = clip(u, V(-far<V> / 2048), V(far<V> / 2048)), square = fma(V(p[0]) * v, v, V(1));
        return V(1) / square / sqrt(square);
    }
};

// With r = sqrt(u^2 + b): f(u) f(-u) = b / 4 gives f without cancellation, as h = (r + |u|) / 2 above 0 and (b / 4) / h
// below; and f' = f / r.
struct Squareplus {
    static constexpr auto info =
        ActivationInfo{"Squareplus", "squareplus", "(u + sqrt(u^2 + b)) / 2", "(1 + u / sqrt(u^2 + b)) / 2"}
            .takes({"b", 4, least, 1e10, nullptr, "size of the bend; b = 0 would be ReLU"})
            .initialised_by(sqrt2)
            .errors(2.9, 2.7)
            .from("Barron 2021");
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V f(V u, const S* p) {
        const V a = abs(u), r = select(a > V(far<V>), a, sqrt(fma(u, u, V(p[0]))));
        const V above = V(0.5) * r + V(0.5) * a;
        return select(u > V(0), above, V(p[0] / 4) / above);
    }
    template <class V, class S = typename V::scalar>
    static PYNN_INLINE V df(V u, const S* p) {
        const V a = abs(u), square = fma(u, u, V(p[0]));
        const V above = V(0.5) * fma(a, sqrt(square), square);  // r times f(|u|)
        const V slope = select(u > V(0), above, V(p[0] / 4)) / select(u > V(0), square, above);
        return select(a > V(far<V>), select(u > V(0), V(1), V(0)), slope);
    }
};

}  // namespace pynn::defs

// What follows a normalisation: a learned scale of each feature, and a learned shift.
#pragma once

#include "defs/activations/info.hpp"

namespace pynn::defs {

struct Gain {
    static constexpr auto info =
        ActivationInfo{"Gain", "", "weight u", "weight"}.takes({"weight", 1, -infinity, infinity, nullptr, "scale"});
    static constexpr int learned = 1;
    template <class V, class P>
    static PYNN_INLINE V f(V u, const P* p) {
        return V(p[0]) * u;
    }
    template <class V, class P>
    static PYNN_INLINE V df(V, const P* p) {
        return V(p[0]);
    }
    template <class V>
    static PYNN_INLINE void da(V u, const V*, V* slope) {
        slope[0] = u;
    }
};

struct Affine {
    static constexpr auto info = ActivationInfo{"Affine", "", "weight u + bias", "weight"}
                                     .takes({"weight", 1, -infinity, infinity, nullptr, "scale"})
                                     .takes({"bias", 0, -infinity, infinity, nullptr, "shift"});
    static constexpr int learned = 2;
    template <class V, class P>
    static PYNN_INLINE V f(V u, const P* p) {
        return fma(V(p[0]), u, V(p[1]));
    }
    template <class V, class P>
    static PYNN_INLINE V df(V, const P* p) {
        return V(p[0]);
    }
    template <class V>
    static PYNN_INLINE void da(V u, const V*, V* slope) {
        slope[0] = u;
        slope[1] = V(1);
    }
};

}  // namespace pynn::defs

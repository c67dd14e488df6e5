// Activations over contiguous spans.
#include "defs/activations.hpp"
#include "kernels/units.hpp"
#include "simd/level.hpp"
#include "simd/math.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class T>
void copy(const T* from, T* to, size_t n) {
    for (size_t i = 0; i < n; ++i) to[i] = from[i];
}
template <class T>
void copy(const T*, const T*, size_t) {}  // an input stays as it is

// A span kernel reads x and works on y; x is const, or an output too.
template <class X, class T>
using Span = void (*)(X* x, T* y, size_t n, const T* p);

// The last n < lanes elements: `span` itself, on copies with zeros after them. Apart, so that a kernel holds its formula once.
template <class V, class X, class T>
__attribute__((noinline)) void over_tail(X* x, T* y, size_t n, const T* p, Span<X, T> span) {
    T x_lanes[V::lanes] = {}, y_lanes[V::lanes] = {};
    copy<T>(x, x_lanes, n);
    copy<T>(y, y_lanes, n);
    span(x_lanes, y_lanes, V::lanes, p);
    copy(static_cast<const T*>(x_lanes), x, n);
    copy(static_cast<const T*>(y_lanes), y, n);
}

template <class V, class X, class T, class Step>
PYNN_INLINE void over_span(X* x, T* y, size_t n, const T* p, Span<X, T> span, Step step) {
    const size_t whole = n - n % V::lanes;
    for (size_t i = 0; i < whole; i += V::lanes) step(x + i, y + i);
    if (whole < n) over_tail<V>(x + whole, y + whole, n - whole, p, span);
}

template <class Def, class V>
struct Spans {
    using T = typename V::scalar;
    static void forward(const T* u, T* z, size_t n, const T* p) {
        over_span<V>(u, z, n, p, forward, [p](const T* from, T* to) { Def::f(V::load(from), p).store(to); });
    }
    static void derivative(const T* u, T* s, size_t n, const T* p) {
        over_span<V>(u, s, n, p, derivative, [p](const T* from, T* to) { Def::df(V::load(from), p).store(to); });
    }
    static void forward_and_derivative(T* u_to_z, T* s, size_t n, const T* p) {
        over_span<V>(u_to_z, s, n, p, forward_and_derivative, [p](T* both, T* to) {
            const V u = V::load(both), z = Def::f(u, p), s = Def::df(u, p);
            z.store(both);
            s.store(to);
        });
    }
    static void backward(const T* z, T* delta, size_t n, const T* p) {
        over_span<V>(z, delta, n, p, backward,
                     [p](const T* from, T* to) { (V::load(to) * Def::df(V::load(from), p)).store(to); });
    }
};

template <class V>
struct MakeSpans {
    template <class Def>
    struct Of {
        using All = Spans<Def, V>;
        static constexpr ActivationSpans<typename V::scalar> value = {All::forward, All::derivative,
                                                                      All::forward_and_derivative, All::backward};
    };
};

constexpr auto spans_f32 = defs::make_array<MakeSpans<F32>::Of, ActivationSpans<float>>(defs::Activations{});
constexpr auto spans_f64 = defs::make_array<MakeSpans<F64>::Of, ActivationSpans<double>>(defs::Activations{});

}  // namespace

const ActivationSpans<float>* activation_spans_f32() { return spans_f32.items; }
const ActivationSpans<double>* activation_spans_f64() { return spans_f64.items; }

}  // namespace pynn::PYNN_LEVEL

// Activations over contiguous spans.
#include "defs/activations.hpp"
#include "kernels/units.hpp"
#include "simd/level.hpp"
#include "simd/math.hpp"
#include "simd/past_caches.hpp"

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

// The last n < lanes elements: `span` itself, on copies with zeros after them. Apart, so that each kernel holds its
// formula once.
template <class V, class X, class T>
__attribute__((noinline)) void over_tail(X* x, T* y, size_t n, const T* p, Span<X, T> span) {
    T x_lanes[V::lanes] = {}, y_lanes[V::lanes] = {};
    copy<T>(x, x_lanes, n);
    copy<T>(y, y_lanes, n);
    span(x_lanes, y_lanes, V::lanes, p);
    copy(static_cast<const T*>(x_lanes), x, n);
    copy(static_cast<const T*>(y_lanes), y, n);
}

template <class Kernel, class V, class X, class T>
void over_span(X* x, T* y, size_t n, const T* p) {
    const size_t whole = n - n % V::lanes;
    for (size_t i = 0; i < whole; i += V::lanes) Kernel::step(x + i, y + i, p);
    if (whole < n) over_tail<V>(x + whole, y + whole, n - whole, p, over_span<Kernel, V, X, T>);
}

// The same for an x apart from y, which is stored past the caches from the first whole line on.
template <class Kernel, class V, class T = typename V::scalar>
void over_span_past_caches(const T* x, T* y, size_t n, const T* p) {
    if constexpr (passes_caches) {
        const size_t line = 64, to_line = -reinterpret_cast<uintptr_t>(y) % line / sizeof(T);
        size_t i = to_line < n ? to_line : n;
        over_span<Kernel, V>(x, y, i, p);
        for (; i + V::lanes <= n; i += V::lanes) store_past_caches(Kernel::of(x + i, p), y + i);
        over_span<Kernel, V>(x + i, y + i, n - i, p);
        finish_stores();
    } else {
        over_span<Kernel, V>(x, y, n, p);
    }
}

// What a span kernel does to one vector of x and y. No lambdas: GCC left the long ones out of line.
template <class Def, class V, class T = typename V::scalar>
struct Forward {
    static PYNN_INLINE V of(const T* u, const T* p) { return Def::f(V::load(u), p); }
    static PYNN_INLINE void step(const T* u, T* z, const T* p) { of(u, p).store(z); }
};
template <class Def, class V, class T = typename V::scalar>
struct Derivative {
    static PYNN_INLINE V of(const T* u, const T* p) { return Def::df(V::load(u), p); }
    static PYNN_INLINE void step(const T* u, T* s, const T* p) { of(u, p).store(s); }
};
template <class Def, class V, class T = typename V::scalar>
struct ForwardAndDerivative {
    static PYNN_INLINE void step(T* u_to_z, T* s, const T* p) {
        const V u = V::load(u_to_z), z = Def::f(u, p), slope = Def::df(u, p);
        z.store(u_to_z);
        slope.store(s);
    }
};
template <class Def, class V, class T = typename V::scalar>
struct Backward {
    static PYNN_INLINE void step(const T* z, T* delta, const T* p) {
        (V::load(delta) * Def::df(V::load(z), p)).store(delta);
    }
};

template <class V>
struct MakeSpans {
    template <class Def>
    struct Of {
        using T = typename V::scalar;
        static constexpr ActivationSpans<T> value = {
            over_span<Forward<Def, V>, V, const T, T>,        over_span<Derivative<Def, V>, V, const T, T>,
            over_span<ForwardAndDerivative<Def, V>, V, T, T>, over_span<Backward<Def, V>, V, const T, T>,
            over_span_past_caches<Forward<Def, V>, V>,        over_span_past_caches<Derivative<Def, V>, V>};
    };
};

constexpr auto spans_f32 = defs::make_array<MakeSpans<F32>::Of, ActivationSpans<float>>(defs::Activations{});
constexpr auto spans_f64 = defs::make_array<MakeSpans<F64>::Of, ActivationSpans<double>>(defs::Activations{});

}  // namespace

const ActivationSpans<float>* activation_spans_f32() { return spans_f32.items; }
const ActivationSpans<double>* activation_spans_f64() { return spans_f64.items; }

}  // namespace pynn::PYNN_LEVEL

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

// A span kernel reads x and works on y; x is const, or an output too. Past the caches, x is apart from y, which is aligned.
template <class X, class T>
using Span = void (*)(X* x, T* y, size_t n, const T* p, bool past_caches);

// Vectors side by side. One is a long chain of operations, and the processor sees only a few hundred of them at a time: in two
// chains more can run at once. The compiler mixes them (see CMakeLists.txt). A panel is a multiple of two.
template <class V>
constexpr int chains = V::lanes > 1 ? 2 : 1;

// The last n < lanes elements: `span` itself, on copies with zeros after them. Apart, so that each kernel holds its
// formula once.
template <int lanes, class X, class T>
__attribute__((noinline)) void over_tail(X* x, T* y, size_t n, const T* p, Span<X, T> span) {
    T x_lanes[lanes] = {}, y_lanes[lanes] = {};
    copy<T>(x, x_lanes, n);
    copy<T>(y, y_lanes, n);
    span(x_lanes, y_lanes, lanes, p, false);
    copy(static_cast<const T*>(x_lanes), x, n);
    copy(static_cast<const T*>(y_lanes), y, n);
}

template <class V, class T = typename V::scalar>
PYNN_INLINE void store(V, const T*) {}  // an input stays as it is
template <class V, class T = typename V::scalar>
PYNN_INLINE void store(V v, T* x) {
    v.store(x);
}

template <class Kernel, class V, class X, class T>
void over_span(X* x, T* y, size_t n, const T* p, bool past_caches) {
    constexpr int count = chains<V>, lanes = count * V::lanes;
    const size_t whole = n - n % lanes;
    for (size_t i = 0; i < whole; i += lanes) {
        V a[count], b[count];
#pragma GCC unroll 4
        for (int k = 0; k < count; ++k) {
            a[k] = V::load(x + i + k * V::lanes);
            b[k] = V::load(y + i + k * V::lanes);
        }
#pragma GCC unroll 4
        for (int k = 0; k < count; ++k) Kernel::step(a[k], b[k], p);
#pragma GCC unroll 4
        for (int k = 0; k < count; ++k) {
            store(a[k], x + i + k * V::lanes);
            if (past_caches)
                store_past_caches(b[k], y + i + k * V::lanes);
            else
                b[k].store(y + i + k * V::lanes);
        }
    }
    if (whole < n) over_tail<lanes>(x + whole, y + whole, n - whole, p, over_span<Kernel, V, X, T>);
}

template <class Kernel, class V, class X, class T>
void through_caches(X* x, T* y, size_t n, const T* p) {
    over_span<Kernel, V>(x, y, n, p, false);
}

// From the first whole line of y on.
template <class Kernel, class V, class T = typename V::scalar>
void past_caches(const T* x, T* y, size_t n, const T* p) {
    const size_t line = 64, to_line = -reinterpret_cast<uintptr_t>(y) % line / sizeof(T),
                 first = to_line < n ? to_line : n;
    over_span<Kernel, V>(x, y, first, p, false);
    over_span<Kernel, V>(x + first, y + first, n - first, p, passes_caches);
    finish_stores();
}

// What a span kernel does to one vector of x and y. No lambdas: GCC left the long ones out of line.
template <class Def, class V, class T = typename V::scalar>
struct Forward {
    static PYNN_INLINE void step(V u, V& z, const T* p) { z = Def::f(u, p); }
};
template <class Def, class V, class T = typename V::scalar>
struct Derivative {
    static PYNN_INLINE void step(V u, V& s, const T* p) { s = Def::df(u, p); }
};
template <class Def, class V, class T = typename V::scalar>
struct ForwardAndDerivative {
    static PYNN_INLINE void step(V& u_to_z, V& s, const T* p) {
        const V u = u_to_z;
        u_to_z = Def::f(u, p);
        s = Def::df(u, p);
    }
};
template <class Def, class V, class T = typename V::scalar>
struct Backward {
    static PYNN_INLINE void step(V z, V& delta, const T* p) { delta = delta * Def::df(z, p); }
};

template <class V>
struct MakeSpans {
    template <class Def>
    struct Of {
        using T = typename V::scalar;
        static constexpr ActivationSpans<T> spans() {
            ActivationSpans<T> all = {through_caches<Forward<Def, V>, V, const T, T>,
                                      through_caches<Derivative<Def, V>, V, const T, T>,
                                      through_caches<ForwardAndDerivative<Def, V>, V, T, T>,
                                      nullptr,
                                      past_caches<Forward<Def, V>, V>,
                                      past_caches<Derivative<Def, V>, V>};
            if constexpr (Def::info.df_from_output) all.backward = through_caches<Backward<Def, V>, V, const T, T>;
            return all;
        }
        static constexpr ActivationSpans<T> value = spans();
    };
};

constexpr auto spans_f32 = defs::make_array<MakeSpans<F32>::Of, ActivationSpans<float>>(defs::Activations{});
constexpr auto spans_f64 = defs::make_array<MakeSpans<F64>::Of, ActivationSpans<double>>(defs::Activations{});

}  // namespace

const ActivationSpans<float>* activation_spans_f32() { return spans_f32.items; }
const ActivationSpans<double>* activation_spans_f64() { return spans_f64.items; }

}  // namespace pynn::PYNN_LEVEL

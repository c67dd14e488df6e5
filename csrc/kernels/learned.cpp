// Activations whose parameters are learned, one panel at a time: each lane of the panel has its own parameters.
#include "defs/activations.hpp"
#include "kernels/units.hpp"
#include "simd/level.hpp"
#include "simd/math.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class Def, class V, class T = typename V::scalar>
struct LearnedPanel {
    static constexpr size_t width = panel_width<T>, lanes = V::lanes;
    static constexpr int count = Def::learned;

    // step(at, lane, a) for every vector of the panel: column by column, so that the parameters stay in registers.
    template <class Step, class Ends>
    static PYNN_INLINE void each(size_t rows, const T* parameters, Step step, Ends ends) {
        for (size_t lane = 0; lane < width; lane += lanes) {
            V a[count];
            for (int k = 0; k < count; ++k) a[k] = V::load(parameters + k * width + lane);
            for (size_t r = 0; r < rows; ++r) step(r * width + lane, a);
            ends(lane);
        }
    }
    static void forward(const T* u, T* z, size_t rows, const T* parameters) {
        each(rows, parameters, [&](size_t at, const V* a) { Def::f(V::load(u + at), a).store(z + at); }, [](size_t) {});
    }
    static void backward(const T* u, const T* delta, T* delta_u, size_t rows, const T* parameters) {
        each(
            rows, parameters,
            [&](size_t at, const V* a) { (V::load(delta + at) * Def::df(V::load(u + at), a)).store(delta_u + at); },
            [](size_t) {});
    }
    static void gradient(const T* u, const T* delta, T* g, size_t rows, const T* parameters) {
        V sum[count];
        for (V& s : sum) s = V(0);
        each(
            rows, parameters,
            [&](size_t at, const V* a) {
                V slope[count];
                Def::da(V::load(u + at), a, slope);
                for (int k = 0; k < count; ++k) sum[k] = fma(V::load(delta + at), slope[k], sum[k]);
            },
            [&](size_t lane) {
                for (int k = 0; k < count; ++k) {
                    sum[k].store(g + k * width + lane);
                    sum[k] = V(0);
                }
            });
    }
};

template <class V>
struct MakeLearned {
    template <class Def>
    struct Of {
        using Panel = LearnedPanel<Def, V>;
        static constexpr LearnedSpans<typename V::scalar> value = {Panel::forward, Panel::backward, Panel::gradient};
    };
};

constexpr auto learned_f32 = defs::make_array<MakeLearned<F32>::Of, LearnedSpans<float>>(defs::Learned{});
constexpr auto learned_f64 = defs::make_array<MakeLearned<F64>::Of, LearnedSpans<double>>(defs::Learned{});

}  // namespace

const LearnedSpans<float>* learned_spans_f32() { return learned_f32.items; }
const LearnedSpans<double>* learned_spans_f64() { return learned_f64.items; }

}  // namespace pynn::PYNN_LEVEL

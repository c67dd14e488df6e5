// Units that are random in training, on whole rows of one panel, with their random numbers.
#include "defs/philox.hpp"
#include "defs/random_units.hpp"
#include "kernels/units.hpp"
#include "simd/level.hpp"
#include "simd/math.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

float uniform(uint32_t bits, float) { return static_cast<float>(static_cast<int32_t>(bits >> 8)) * 0x1p-24f; }
double uniform(uint32_t bits, double) { return static_cast<double>(bits) * 0x1p-32; }

// One row: number i is word i / groups of counter first + i % groups, so that the compiler draws for all counters at once.
template <class T>
PYNN_INLINE void draw_row(const RandomTask& task, uint64_t first, T* to) {
    constexpr int groups = panel_width<T> / 4;
    uint32_t words[4][groups];
    defs::philox<groups>(task.key, task.stream, task.first + first, words);
    for (int word = 0; word < 4; ++word)
        for (int i = 0; i < groups; ++i) to[word * groups + i] = uniform(words[word][i], T());
}

template <class Def, class V, class T = typename V::scalar>
struct RandomPanel {
    static constexpr size_t width = panel_width<T>;

    static void train(T* z, T* s, size_t rows, const T* p, const RandomTask& task) {
        constexpr uint64_t counters = width / 4 * Def::draws;  // of a row
        T numbers[Def::draws][width];
        for (size_t r = 0; r < rows; ++r) {
            for (int k = 0; k < Def::draws; ++k)
                draw_row(task, (task.row + r) * counters + static_cast<uint64_t>(k) * (width / 4), numbers[k]);
            for (size_t i = 0; i < width; i += V::lanes) {
                V drawn[Def::draws], slope;
                for (int k = 0; k < Def::draws; ++k) drawn[k] = V::load(numbers[k] + i);
                Def::train(V::load(z + r * width + i), drawn, p, &slope).store(z + r * width + i);
                if (s != nullptr) slope.store(s + r * width + i);
            }
        }
    }
    static void evaluate(T* z, T* s, size_t rows, const T* p) {
        for (size_t i = 0; i < rows * width; i += V::lanes) {
            V slope;
            Def::evaluate(V::load(z + i), p, &slope).store(z + i);
            if (s != nullptr) slope.store(s + i);
        }
    }
};

template <class V>
struct MakeRandom {
    template <class Def>
    struct Of {
        using Panel = RandomPanel<Def, V>;
        static constexpr RandomSpans<typename V::scalar> value = {Panel::train, Panel::evaluate};
    };
};

constexpr auto random_f32 = defs::make_array<MakeRandom<F32>::Of, RandomSpans<float>>(defs::RandomUnits{});
constexpr auto random_f64 = defs::make_array<MakeRandom<F64>::Of, RandomSpans<double>>(defs::RandomUnits{});

}  // namespace

const RandomSpans<float>* random_spans_f32() { return random_f32.items; }
const RandomSpans<double>* random_spans_f64() { return random_f64.items; }

}  // namespace pynn::PYNN_LEVEL

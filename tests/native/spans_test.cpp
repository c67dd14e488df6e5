// Elementwise kernels: the same bits as the scalar level for every input, wherever an element lies in the span and
// however long the span is; and float32 within its stated error of float64.
#include <cmath>
#include <limits>
#include <vector>

#include "defs/activations.hpp"
#include "defs/optimizers.hpp"
#include "support.hpp"

namespace pynn::test {
namespace {

template <class Def>
struct InfoOf {
    static constexpr auto* value = &Def::info;
};
template <class Def>
struct PrepareOf {
    static constexpr auto value = &Def::prepare;
};
template <class Def>
struct SlotsOf {
    static constexpr int value = Def::slots;
};
constexpr auto activation_infos = defs::make_array<InfoOf, const defs::ActivationInfo*>(defs::Activations{});
constexpr auto optimizer_infos = defs::make_array<InfoOf, const defs::OptimizerInfo*>(defs::Optimizers{});
constexpr auto prepares = defs::make_array<PrepareOf, void (*)(const double*, double, double*)>(defs::Optimizers{});
constexpr auto slot_counts = defs::make_array<SlotsOf, int>(defs::Optimizers{});

// Signed zeros, subnormals, the largest numbers, infinities, NaN, then every binary exponent and the range in which
// activations bend.
template <class T>
std::vector<T> inputs() {
    using limits = std::numeric_limits<T>;
    std::vector<T> u = {T(0),          limits::denorm_min(), limits::min(),
                        limits::max(), limits::infinity(),   limits::quiet_NaN()};
    const size_t half = u.size();
    for (size_t i = 0; i < half; ++i) u.push_back(-u[i]);
    Numbers numbers(7);
    for (int exponent = limits::min_exponent - 5; exponent < limits::max_exponent; ++exponent)
        for (const double sign : {1.0, -1.0})
            u.push_back(static_cast<T>(sign * std::ldexp(numbers.uniform(1, 2), exponent)));
    for (int i = 0; i < 2000; ++i) u.push_back(static_cast<T>(numbers.uniform(-12, 12)));
    for (int i = 0; i < 1000; ++i) u.push_back(static_cast<T>(numbers.uniform(-120, 120)));
    return u;
}

template <class T>
std::vector<T> defaults_of(const defs::ActivationInfo& info) {
    std::vector<T> p(defs::max_parameters);
    for (int i = 0; i < defs::max_parameters && info.parameters[i].name != nullptr; ++i)
        p[i] = static_cast<T>(info.parameters[i].default_value);
    return p;
}

// What one call over all inputs gives.
template <class T>
struct Results {
    std::vector<T> forward, derivative, z, s, backward;

    Results(const ActivationSpans<T>& spans, const std::vector<T>& u, const T* p)
        : forward(u.size()), derivative(u.size()), z(u), s(u.size()), backward(u.size(), T(0.5)) {
        spans.forward(u.data(), forward.data(), u.size(), p);
        spans.derivative(u.data(), derivative.data(), u.size(), p);
        spans.forward_and_derivative(z.data(), s.data(), u.size(), p);
        if (spans.backward) spans.backward(forward.data(), backward.data(), u.size(), p);
    }
    bool equals(const Results& other) const {
        const size_t n = forward.size();
        return same_values(forward.data(), other.forward.data(), n) &&
               same_values(derivative.data(), other.derivative.data(), n) && same_values(z.data(), other.z.data(), n) &&
               same_values(s.data(), other.s.data(), n) && same_values(backward.data(), other.backward.data(), n);
    }
};

// Every length and both edges of memory; an element's result must not depend on where it lies.
template <class T>
void check_lengths(const ActivationSpans<T>& spans, const std::vector<T>& u, const Results<T>& all, const T* p,
                   Guarded& in, Guarded& out, Report& report) {
    for (size_t n = 0; n <= 2 * panel_width<T> + 1; ++n)
        for (const Edge edge : {Edge::low, Edge::high}) {
            const size_t start = n * 13;
            T *a = in.place<T>(n, edge), *b = out.place<T>(n, edge);
            std::memcpy(a, &u[start], n * sizeof(T));
            spans.forward(a, b, n, p);
            report.check(same_values(b, &all.forward[start], n), "f depends on the length");
            spans.forward_past_caches(a, b, n, p);
            report.check(same_values(b, &all.forward[start], n), "f stored past the caches differs");
            spans.forward(a, a, n, p);
            report.check(same_values(a, &all.forward[start], n), "f in place differs");
            for (size_t i = 0; i < n; ++i) b[i] = T(0.5);
            if (spans.backward) spans.backward(a, b, n, p);
            report.check(same_values(b, &all.backward[start], n), "backward depends on the length");
            std::memcpy(a, &u[start], n * sizeof(T));
            spans.derivative(a, b, n, p);
            report.check(same_values(b, &all.derivative[start], n), "f' depends on the length");
            spans.derivative_past_caches(a, b, n, p);
            report.check(same_values(b, &all.derivative[start], n), "f' stored past the caches differs");
            spans.forward_and_derivative(a, b, n, p);
            report.check(same_values(a, &all.z[start], n) && same_values(b, &all.s[start], n),
                         "f with f' depends on the length");
        }
}

template <class T>
void test_activations(const Subject& subject, Report& report) {
    Guarded in(1 << 12), out(1 << 12);
    const std::vector<T> u = inputs<T>();
    for (int i = 0; i < defs::Activations::size; ++i) {
        const std::vector<T> p = defaults_of<T>(*activation_infos.items[i]);
        report.at("%s %s<%s>", subject.level, activation_infos.items[i]->name, type_name<T>());
        const ActivationSpans<T>& spans = kernels_of<T>(subject.table).activations[i];
        const Results<T> all(spans, u, p.data());
        const Results<T> expected(kernels_of<T>(subject.reference).activations[i], u, p.data());
        report.check(all.equals(expected), "other bits than the scalar level");
        report.check((spans.backward != nullptr) == activation_infos.items[i]->df_from_output,
                     "backward is there exactly where f' needs only the output");
        for (const std::vector<T>* values : {&all.forward, &all.derivative, &all.z, &all.s, &all.backward})
            report.digest(values->data(), values->size());
        check_lengths(spans, u, all, p.data(), in, out, report);
    }
}

// |narrow - wide| in units in the last place of a float at `wide`, or 0 where it is within `absolute`.
double ulps(float narrow, double wide, double absolute) {
    const double error = std::fabs(narrow - wide);
    if (error <= absolute || !std::isfinite(wide) || std::fabs(wide) > std::numeric_limits<float>::max()) return 0;
    const int exponent = std::fabs(wide) < 0x1p-126 ? -126 : std::ilogb(wide);
    return error / std::ldexp(1.0, exponent - 23);
}

void test_precision(const Subject& subject, Report& report) {
    std::vector<float> narrow;
    for (const float u : inputs<float>())
        if (std::fabs(u) < 150 && (u == 0 || std::fabs(u) >= 0x1p-126f)) narrow.push_back(u);
    const std::vector<double> wide(narrow.begin(), narrow.end());
    for (int i = 0; i < defs::Activations::size; ++i) {
        const defs::ActivationInfo& info = *activation_infos.items[i];
        const std::vector<float> p = defaults_of<float>(info);
        const std::vector<double> q(p.begin(), p.end());
        const Results<float> single(kernels_of<float>(subject.table).activations[i], narrow, p.data());
        const Results<double> twice(kernels_of<double>(subject.table).activations[i], wide, q.data());
        double f = 0, df = 0;
        for (size_t k = 0; k < narrow.size(); ++k) {
            f = std::fmax(f, ulps(single.forward[k], twice.forward[k], info.abs_f));
            df = std::fmax(df, ulps(single.derivative[k], twice.derivative[k], info.abs_df));
        }
        report.at("%s %s float32 beside float64: f %.2f of %.2f ULP, f' %.2f of %.2f ULP", subject.level, info.name, f,
                  info.ulp_f, df, info.ulp_df);
        report.check(f <= info.ulp_f, "error of f above its bound");
        report.check(df <= info.ulp_df, "error of f' above its bound");
    }
}

// Weights and state between guard pages, and what they should become.
template <class T>
struct Weights {
    static constexpr size_t width = panel_width<T>;
    static constexpr size_t most = 40 * width;
    Guarded w_memory{most * sizeof(T)},
        slot_memory[defs::max_slots] = {Guarded{most * sizeof(T)}, Guarded{most * sizeof(T)},
                                        Guarded{most * sizeof(T)}};
    T *w = nullptr, *slots[defs::max_slots] = {};
    std::vector<T> expected_w, expected[defs::max_slots];
    T* expected_slots[defs::max_slots] = {};

    void reset(size_t n, Edge edge, Numbers& numbers) {
        w = w_memory.place<T>(n, edge);
        for (size_t i = 0; i < n; ++i) w[i] = static_cast<T>(numbers.uniform(-1, 1));
        expected_w.assign(w, w + n);
        for (int s = 0; s < defs::max_slots; ++s) {
            slots[s] = slot_memory[s].template place<T>(n, edge);
            std::memset(slots[s], 0, n * sizeof(T));
            expected[s].assign(n, T(0));
            expected_slots[s] = expected[s].data();
        }
    }
    bool as_expected(int slot_count) const {
        bool same = same_bits(w, expected_w.data(), expected_w.size());
        for (int s = 0; s < slot_count; ++s) same &= same_bits(slots[s], expected[s].data(), expected[s].size());
        return same;
    }
};

// An optimizer's scalars at a step, with its defaults where they are not zero.
template <class T>
std::vector<T> scalars_of(int optimizer, int step) {
    double c[defs::max_optimizer_parameters] = {}, h[defs::max_step_scalars] = {};
    for (int k = 0; k < defs::max_optimizer_parameters; ++k) {
        const defs::Parameter& parameter = optimizer_infos.items[optimizer]->parameters[k];
        if (parameter.name != nullptr) c[k] = parameter.default_value != 0 ? parameter.default_value : 0.01;
    }
    prepares.items[optimizer](c, step, h);
    return std::vector<T>(h, h + defs::max_step_scalars);
}

// span after the penalty, and the penalty's sum.
template <class T>
void check_penalised(const Subject& subject, int optimizer, size_t rows, size_t live, Edge edge, Weights<T>& weights,
                     Guarded& memory, Report& report) {
    const size_t n = rows * panel_width<T>;
    const T penalty = static_cast<T>(0.01);
    const Kernels<T>& kernels = kernels_of<T>(subject.table);
    Numbers numbers(n + live);
    weights.reset(n, edge, numbers);
    T* g = memory.place<T>(n, edge);
    for (int step = 1; step <= 3; ++step) {
        const std::vector<T> h = scalars_of<T>(optimizer, step);
        for (size_t i = 0; i < n; ++i) g[i] = static_cast<T>(numbers.uniform(-1, 1));
        std::vector<T> changed(g, g + n);
        const double expected = kernels.penalise(weights.expected_w.data(), changed.data(), rows, live, penalty);
        kernels.optimizers[optimizer].span(weights.expected_w.data(), changed.data(), weights.expected_slots, n,
                                           h.data());
        const double squares =
            kernels.optimizers[optimizer].penalised(weights.w, g, weights.slots, rows, live, penalty, h.data());
        report.check(same_bits(&squares, &expected, 1), "another sum of squares than the penalty alone");
    }
    report.check(weights.as_expected(slot_counts.items[optimizer]), "other weights or state than penalty and span");
}

template <class T>
void check_update_span(const Subject& subject, int optimizer, size_t panels, Edge edge, Weights<T>& weights,
                       Guarded& memory, Report& report) {
    const size_t n = panels * panel_width<T>;
    Numbers numbers(n);
    weights.reset(n, edge, numbers);
    T* g = memory.place<T>(n, edge);
    for (int step = 1; step <= 3; ++step) {
        const std::vector<T> h = scalars_of<T>(optimizer, step);
        for (size_t i = 0; i < n; ++i) g[i] = static_cast<T>(numbers.uniform(-1, 1));
        kernels_of<T>(subject.table).optimizers[optimizer].span(weights.w, g, weights.slots, n, h.data());
        kernels_of<T>(subject.reference)
            .optimizers[optimizer]
            .span(weights.expected_w.data(), g, weights.expected_slots, n, h.data());
    }
    report.check(weights.as_expected(slot_counts.items[optimizer]), "other weights or state than the scalar level");
    report.digest(weights.w, n);
}

// rank_few and in_registers are the gradient tile and the span in one.
template <class T>
void check_rank_few(const Subject& subject, int optimizer, size_t rows, size_t features, bool ones, Edge edge,
                    Weights<T>& weights, Guarded& memory, Guarded& deltas, Report& report) {
    constexpr size_t width = panel_width<T>;
    const size_t n = (features + ones) * width;
    Numbers numbers(rows * 1009 + features);
    weights.reset(n, edge, numbers);
    T *a = memory.place<T>(rows * width, edge), *d = deltas.place<T>(rows * width, edge);
    for (size_t i = 0; i < rows * width; ++i) {
        a[i] = static_cast<T>(numbers.uniform(-1, 1));
        d[i] = static_cast<T>(numbers.uniform(-1, 1));
    }
    const std::vector<T> h = scalars_of<T>(optimizer, 2);
    const Kernels<T>& kernels = kernels_of<T>(subject.table);
    std::vector<T> g(n);
    kernels.products.gradient_tile(a, d, g.data(), rows, features, ones, width, false);
    kernels.optimizers[optimizer].span(weights.expected_w.data(), g.data(), weights.expected_slots, n, h.data());
    kernels.optimizers[optimizer].rank_few(a, d, rows, features, ones, weights.w, weights.slots, h.data());
    report.check(weights.as_expected(slot_counts.items[optimizer]), "other weights or state than tile and span");
}

template <class T>
void check_in_registers(const Subject& subject, int optimizer, size_t rows, size_t features, bool ones, size_t live,
                        Edge edge, Weights<T>& weights, Guarded& memory, Guarded& deltas, Report& report) {
    constexpr size_t width = panel_width<T>;
    const size_t n = (features + ones) * width;
    Numbers numbers(rows * 1009 + features);
    weights.reset(n, edge, numbers);
    T *a = memory.place<T>(rows * width, edge), *d = deltas.place<T>(rows * width, edge);
    for (size_t i = 0; i < rows * width; ++i) {
        a[i] = static_cast<T>(numbers.uniform(-1, 1));
        d[i] = i % width < live ? static_cast<T>(numbers.uniform(-1, 1)) : T(0);
    }
    for (size_t i = 0; i < n; ++i)
        if (i % width >= live) weights.w[i] = weights.expected_w[i] = 0;
    const std::vector<T> h = scalars_of<T>(optimizer, 2);
    const Kernels<T>& kernels = kernels_of<T>(subject.table);
    std::vector<T> g(n);
    kernels.products.gradient_tile(a, d, g.data(), rows, features, ones, live, false);
    kernels.optimizers[optimizer].span(weights.expected_w.data(), g.data(), weights.expected_slots, n, h.data());
    kernels.optimizers[optimizer].in_registers(a, d, rows, features, ones, live, weights.w, h.data());
    report.check(weights.as_expected(0), "other weights than tile and span");
}

template <class T>
void test_fused_update(const Subject& subject, int optimizer, size_t rows, size_t features, bool ones, Edge edge,
                       Weights<T>& weights, Guarded& memory, Guarded& deltas, Report& report) {
    report.at("%s %s<%s> of a tile, rows %zu features %zu ones %d", subject.level,
              optimizer_infos.items[optimizer]->name, type_name<T>(), rows, features, ones);
    if (rows <= rank_rows)
        check_rank_few(subject, optimizer, rows, features, ones, edge, weights, memory, deltas, report);
    if (kernels_of<T>(subject.table).optimizers[optimizer].in_registers == nullptr) return;
    for (const size_t live : edge_sizes)
        if (live <= panel_width<T>)
            check_in_registers(subject, optimizer, rows, features, ones, live, edge, weights, memory, deltas, report);
}

template <class T>
void test_optimizers(const Subject& subject, Report& report) {
    Weights<T> weights;
    Guarded gradients(1 << 14), deltas(1 << 14);
    for (int i = 0; i < defs::Optimizers::size; ++i)
        for (const Edge edge : {Edge::low, Edge::high}) {
            const char* name = optimizer_infos.items[i]->name;
            for (const size_t panels : {1, 2, 5}) {
                report.at("%s %s<%s> of %zu panels", subject.level, name, type_name<T>(), panels);
                check_update_span(subject, i, panels, edge, weights, gradients, report);
            }
            for (const size_t rows : {1, 3, panel_width<T>})
                for (const size_t live : {1, 9, panel_width<T>}) {
                    report.at("%s %s<%s> with a penalty, %zu rows, %zu lanes", subject.level, name, type_name<T>(),
                              rows, live);
                    check_penalised(subject, i, rows, live, edge, weights, gradients, report);
                }
            for (const size_t rows : {1, 2, 3, 4, 8, 33})
                for (const size_t features : {size_t{1}, size_t{5}, size_t{panel_width<T> - 1}, size_t{panel_width<T>}})
                    for (const bool ones : {false, true})
                        test_fused_update(subject, i, rows, features, ones, edge, weights, gradients, deltas, report);
        }
}

template <class T>
void test_multiply(const Subject& subject, Report& report) {
    Guarded factors(1 << 13), deltas(1 << 13);
    report.at("%s multiply<%s>", subject.level, type_name<T>());
    for (const size_t panels : {1, 2, 5})
        for (const Edge edge : {Edge::low, Edge::high}) {
            const size_t n = panels * panel_width<T>;
            T *s = factors.place<T>(n, edge), *delta = deltas.place<T>(n, edge);
            std::vector<T> expected(n);
            Numbers numbers(n);
            for (size_t i = 0; i < n; ++i) {
                s[i] = static_cast<T>(numbers.uniform(-1, 1));
                delta[i] = static_cast<T>(numbers.uniform(-1, 1));
                expected[i] = s[i] * delta[i];
            }
            kernels_of<T>(subject.table).multiply(s, delta, n);
            report.check(same_bits(delta, expected.data(), n), "delta is not multiplied by s");
        }
}

// Also where lanes beyond `live` hold NaN.
template <class T>
void check_penalty(const Subject& subject, size_t rows, size_t live, Edge edge, Guarded& weights, Guarded& gradients,
                   Report& report) {
    constexpr size_t width = panel_width<T>;
    const size_t n = rows * width;
    report.at("%s penalise<%s> of %zu rows, %zu lanes", subject.level, type_name<T>(), rows, live);
    T *w = weights.place<T>(n, edge), *g = gradients.place<T>(n, edge);
    Numbers numbers(rows * 101 + live);
    for (size_t i = 0; i < n; ++i) {
        w[i] = i % width < live ? static_cast<T>(numbers.uniform(-1, 1)) : std::numeric_limits<T>::quiet_NaN();
        g[i] = static_cast<T>(numbers.uniform(-1, 1));
    }
    const T penalty = static_cast<T>(0.01);
    double lanes[width] = {};
    std::vector<T> expected(n);
    for (size_t i = 0; i < n; ++i) {
        expected[i] = std::fma(penalty, w[i], g[i]);
        if (i % width < live)
            lanes[i % width] = std::fma(static_cast<double>(w[i]), static_cast<double>(w[i]), lanes[i % width]);
    }
    for (size_t half = width / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; ++i) lanes[i] += lanes[i + half];
    const double squares = kernels_of<T>(subject.table).penalise(w, g, rows, live, penalty);
    report.check(same_bits(&squares, lanes, 1), "another sum of squares");
    report.check(same_values(g, expected.data(), n), "the gradient is not penalised");
    report.digest(&squares, 1);
}

template <class T>
void test_penalty(const Subject& subject, Report& report) {
    Guarded weights(1 << 13), gradients(1 << 13);
    for (const size_t rows : {1, 2, 5, 16, 31, 32})
        for (const size_t live : edge_sizes)
            for (const Edge edge : {Edge::low, Edge::high})
                if (live <= panel_width<T>) check_penalty<T>(subject, rows, live, edge, weights, gradients, report);
}

template <class T>
void test_finite(const Subject& subject, Report& report) {
    Guarded memory(1 << 13);
    const auto finite = kernels_of<T>(subject.table).finite;
    const T none[] = {std::numeric_limits<T>::infinity(), -std::numeric_limits<T>::infinity(),
                      std::numeric_limits<T>::quiet_NaN()};
    for (size_t n = 0; n <= 150; ++n)
        for (const Edge edge : {Edge::low, Edge::high}) {
            report.at("%s finite<%s> of %zu", subject.level, type_name<T>(), n);
            T* x = memory.place<T>(n, edge);
            for (size_t i = 0; i < n; ++i) x[i] = std::numeric_limits<T>::lowest() * (i % 2 ? -1 : 1);
            report.check(finite(x, n, 1), "the largest numbers do not count as finite");
            for (size_t i = 0; i < n; ++i) {
                const T kept = std::exchange(x[i], none[i % 3]);
                report.check(!finite(x, n, 1), "a NaN or an infinity is overlooked");
                x[i] = kept;
            }
            if (n > 0) report.check(!finite(x, n, 2), "a scale that makes numbers infinite is overlooked");
        }
}

}  // namespace

void test_spans(const Subject& subject, Report& report) {
    test_activations<float>(subject, report);
    test_activations<double>(subject, report);
    test_precision(subject, report);
    test_optimizers<float>(subject, report);
    test_optimizers<double>(subject, report);
    test_penalty<float>(subject, report);
    test_penalty<double>(subject, report);
    test_multiply<float>(subject, report);
    test_multiply<double>(subject, report);
    test_finite<float>(subject, report);
    test_finite<double>(subject, report);
}

}  // namespace pynn::test

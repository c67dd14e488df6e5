// Losses: one value a row and the gradient of every element.
#include "defs/losses.hpp"
#include "kernels/row_walk.hpp"
#include "kernels/rows_as_lanes.hpp"
#include "kernels/units.hpp"
#include "simd/math.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

template <class T>
T weight_of(const LossTask<T>& task, size_t r) {
    return task.weight ? task.weight[r] : T(1);
}

template <class Def, class V, class T>
void run(const LossTask<T>& task, defs::Elementwise) {
    const RowWalk<V> walk(task.stride, task.n);
    for (size_t r = 0; r < task.rows; ++r) {
        const V factor(task.scale * weight_of(task, r));
        Lanes<V> sum(0);
        const T* column = task.columns;
        walk.each_in_panels(r, [&](auto part) {
            V c(0);
            if constexpr (Def::info.column.name != nullptr) {
                c = V::load(column);
                column += V::lanes;
            }
            const V y = part.load(task.y), d = part.load(task.target);
            sum.v[part.k] = sum.v[part.k] + part.or_else(Def::value(y, d, c, task.p), V(0));
            part.store(Def::gradient(y, d, c, task.p) * factor, task.delta);
        });
        task.value[r] = sum.sum_in_double() * weight_of(task, r);
    }
}

template <class V, class T>
PYNN_INLINE void clear(const RowWalk<V>& walk, size_t r, T* delta) {
    walk.each_in_panels(r, [&](auto part) { part.store(V(0), delta); });
}

template <class Def, class V, class T>
void run(const LossTask<T>& task, defs::AtLabel) {
    const RowWalk<V> walk(task.stride, task.n);
    for (size_t r = 0; r < task.rows; ++r) {
        const size_t label = walk.at(r, static_cast<size_t>(task.label[r]));
        const V y(task.y[label]);
        task.value[r] = static_cast<double>(first(Def::value(y, V(1), V(0), task.p))) * weight_of(task, r);
        clear(walk, r, task.delta);
        task.delta[label] = first(Def::gradient(y, V(1), V(0), task.p)) * (task.scale * weight_of(task, r));
    }
}

// z sum w - w
template <class V>
PYNN_INLINE V softmax_gradient(V z, V w, V sum_w) {
    return fma(z, sum_w, -w);
}

// The exponentials are computed in each walk, because delta may be y.
template <class Def, class V, class T>
void run(const LossTask<T>& task, defs::OfSoftmax) {
    const RowWalk<V> walk(task.stride, task.n);
    for (size_t r = 0; r < task.rows; ++r) {
        const V factor(task.scale * weight_of(task, r)), m = greatest(walk, r, task.y, [](V u) { return u; });
        Lanes<V> exponentials(0), values(0), weights(0);
        walk.each_in_panels(r, [&](auto part) {
            exponentials.v[part.k] = exponentials.v[part.k] + part.or_else(exp(part.load(task.y) - m), V(0));
        });
        const V s = exponentials.sum(), log_s = log(s);
        walk.each_in_panels(r, [&](auto part) {
            const V x = part.load(task.y) - m, z = exp(x) / s, d = part.load(task.target);
            values.v[part.k] = values.v[part.k] + part.or_else(Def::value(x, log_s, z, d, task.p), V(0));
            weights.v[part.k] = weights.v[part.k] + part.or_else(Def::weight(x, log_s, z, d, task.p), V(0));
        });
        const V sum_w = weights.sum();
        walk.each_in_panels(r, [&](auto part) {
            const V x = part.load(task.y) - m, z = exp(x) / s, d = part.load(task.target);
            const V w = Def::weight(x, log_s, z, d, task.p);
            part.store(softmax_gradient(z, w, sum_w) * factor, task.delta);
        });
        task.value[r] = values.sum_in_double() * weight_of(task, r);
    }
}

// A row of at most one panel: many rows at a time, as lanes.
template <class Def, class V, class T>
void run_group(const LossTask<T>& task, size_t first, size_t count) {
    const size_t n = task.n;
    const int32_t* label = task.label + first;
    RowsAsLanes<V> u(task.y + first * panel_width<T>, count, n);
    V m = u.column(0);
    for (size_t i = 1; i < n; ++i) m = max(m, u.column(i));
    T lanes[V::lanes] = {};
    for (size_t r = 0; r < count; ++r) lanes[r] = u.at(r, label[r]);
    const V x_label = V::load(lanes) - m;

    V s(T(0));
    for (size_t i = 0; i < n; ++i) {
        const V e = exp(u.column(i) - m);
        s = s + e;
        u.set_column(i, e);
    }
    for (size_t r = 0; r < V::lanes; ++r) lanes[r] = r < count ? weight_of(task, first + r) : T(0);
    const V weight = V::load(lanes), factor = V(task.scale) * weight, z_label = exp(x_label) / s, log_s = log(s);
    const V w = Def::weight(x_label, log_s, z_label, V(1), task.p);
    for (size_t i = 0; i < n; ++i) u.set_column(i, softmax_gradient(u.column(i) / s, V(0), w) * factor);
    (softmax_gradient(z_label, w, w) * factor).store(lanes);
    for (size_t r = 0; r < count; ++r) u.at(r, label[r]) = lanes[r];
    u.store(task.delta + first * panel_width<T>);

    Def::value(x_label, log_s, z_label, V(1), task.p).store(lanes);
    for (size_t r = 0; r < count; ++r)
        task.value[first + r] = static_cast<double>(lanes[r]) * weight_of(task, first + r);
}

template <class Def, class V, class T>
void run(const LossTask<T>& task, defs::SoftmaxAtLabel) {
    if (task.n <= static_cast<size_t>(panel_width<T>)) {
        for (size_t r = 0; r < task.rows; r += V::lanes)
            run_group<Def, V>(task, r, task.rows - r < size_t(V::lanes) ? task.rows - r : V::lanes);
        return;
    }
    const RowWalk<V> walk(task.stride, task.n);
    for (size_t r = 0; r < task.rows; ++r) {
        const V factor(task.scale * weight_of(task, r)), m = greatest(walk, r, task.y, [](V u) { return u; });
        const size_t label = walk.at(r, static_cast<size_t>(task.label[r]));
        const V x_label = V(task.y[label]) - m;
        Lanes<V> exponentials(0);
        walk.each_in_panels(r, [&](auto part) {
            const V e = part.or_else(exp(part.load(task.y) - m), V(0));
            exponentials.v[part.k] = exponentials.v[part.k] + e;
            part.store(e, task.delta);
        });
        const V s = exponentials.sum(), log_s = log(s), z_label = V(task.delta[label]) / s;
        const V w = Def::weight(x_label, log_s, z_label, V(1), task.p);
        const V value = Def::value(x_label, log_s, z_label, V(1), task.p);
        task.value[r] = static_cast<double>(first(value)) * weight_of(task, r);
        walk.each_in_panels(r, [&](auto part) {
            const V gradient = softmax_gradient(part.load(task.delta) / s, V(0), w);
            part.store(gradient * factor, task.delta);
        });
        task.delta[label] = first(softmax_gradient(z_label, w, w) * factor);
    }
}

double exp_of(double x) { return first(exp(F64(x))); }
double log_of(double x) { return first(log(F64(x))); }
double sqrt_of(double x) { return first(sqrt(F64(x))); }

// A row as a definition of the kind WholeRow sees it.
template <class V>
class RowInDouble {
  public:
    using T = typename V::scalar;
    RowInDouble(const LossTask<T>& task, const RowWalk<V>& walk, size_t r)
        : task_(task), walk_(walk), r_(r), factor_(task.scale * weight_of(task, r)) {}

    double y(size_t i) const { return task_.y[walk_.at(r_, i)]; }
    double d(size_t i) const { return task_.target[walk_.at(r_, i)]; }
    void set(size_t i, double gradient) { task_.delta[walk_.at(r_, i)] = static_cast<T>(gradient) * factor_; }
    static double exp(double x) { return exp_of(x); }
    static double log(double x) { return log_of(x); }
    static double sqrt(double x) { return sqrt_of(x); }

  private:
    const LossTask<T>& task_;
    const RowWalk<V>& walk_;
    size_t r_;
    T factor_;
};

template <class Def, class V, class T>
void run(const LossTask<T>& task, defs::WholeRow) {
    const RowWalk<V> walk(task.stride, task.n);
    const size_t whole = (task.n + walk.width - 1) / walk.width * walk.width;
    for (size_t r = 0; r < task.rows; ++r) {
        RowInDouble<V> row(task, walk, r);
        task.value[r] = Def::run(row, task.n, task.p) * weight_of(task, r);
        for (size_t i = task.n; i < whole; ++i) task.delta[walk.at(r, i)] = 0;
    }
}

template <class V>
struct MakeLoss {
    using T = typename V::scalar;
    template <class Def>
    struct Of {
        static void rows(const LossTask<T>& task) { run<Def, V>(task, typename Def::Kind()); }
        static constexpr LossRows<T> value = rows;
    };
};

constexpr auto losses_f32 = defs::make_array<MakeLoss<F32>::Of, LossRows<float>>(defs::Losses{});
constexpr auto losses_f64 = defs::make_array<MakeLoss<F64>::Of, LossRows<double>>(defs::Losses{});

}  // namespace

const LossRows<float>* loss_rows_f32() { return losses_f32.items; }
const LossRows<double>* loss_rows_f64() { return losses_f64.items; }

}  // namespace pynn::PYNN_LEVEL

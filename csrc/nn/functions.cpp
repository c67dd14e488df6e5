#include "nn/functions.hpp"

#include <algorithm>
#include <numeric>

#include "core/memory.hpp"
#include "core/processors.hpp"
#include "core/team.hpp"
#include "nn/catalogue.hpp"
#include "nn/row_blocks.hpp"

namespace pynn {
namespace {

// Elements a thread should have, to pay for waking it.
constexpr double worth_waking = 32768;

template <class T>
Source row_major(const T* data, size_t rows, size_t n) {
    const Element element = sizeof(T) == 4 ? Element::f32 : Element::f64;
    return {data, element, rows, n, static_cast<ptrdiff_t>(n * sizeof(T)), sizeof(T)};
}

int team_for_rows(int threads, size_t rows, size_t n) {
    const int team = team_size(threads, static_cast<double>(rows * n), worth_waking);
    return static_cast<int>(std::min<size_t>(team, std::max<size_t>(1, rows)));
}

// One block of rows of a row-major array in panels, of at most `most` columns.
template <class T>
class BlockOfRows {
  public:
    BlockOfRows(size_t rows, size_t most) : memory_(panels_for<T>(most) * panel_width<T> * rows), rows_(rows) {}
    Panels<T> panels(size_t n) { return {memory_.data(), rows_, n}; }
    void load(const T* data, size_t total, size_t n, Rows rows) {
        int64_t index[row_block];
        std::iota(index, index + rows.size(), static_cast<int64_t>(rows.begin));
        gather<T>(row_major(data, total, n), index, panels(n), {0, rows.size()});
    }
    void save(T* data, size_t n, Rows rows) { unpack(panels(n), {0, rows.size()}, data + rows.begin * n, n); }

  private:
    Buffer<T> memory_;
    size_t rows_;
};

// Blocks for each member of a team that shares `rows` rows, made before the team runs: there, nothing may throw.
template <class T>
class TeamOfBlocks {
  public:
    TeamOfBlocks(int threads, size_t rows, size_t n, int each) : team_(team_for_rows(threads, rows, n)), each_(each) {
        rows_ = std::min(row_block, (rows + team_ - 1) / team_);
        for (int i = 0; i < team_ * each; ++i) blocks_.emplace_back(rows_, n);
    }
    int team() const { return team_; }
    size_t rows() const { return rows_; }  // of a block
    BlockOfRows<T>& at(const Member& member, int i) { return blocks_[member.index * each_ + i]; }

  private:
    int team_, each_;
    size_t rows_;
    std::vector<BlockOfRows<T>> blocks_;
};

// Memory of each member of a team for a result of some rows, at least one, that stays in L1.
template <class T>
class RowsInCache {
  public:
    RowsInCache(int team, size_t rows, size_t n)
        : rows_(std::clamp<size_t>(elements / n, 1, std::max<size_t>(1, rows))) {
        for (int i = 0; i < team; ++i) memory_.emplace_back(rows_ * n);
    }
    size_t rows() const { return rows_; }
    T* of(const Member& member) { return memory_[member.index].data(); }

  private:
    static constexpr size_t elements = 4096;
    size_t rows_;
    std::vector<Buffer<T>> memory_;
};

// Whether out leaves the last cache before anybody reads it, so that an ordinary store only adds to what a function moves.
// Smaller results are better kept: with 8 MB past the caches, relu and a sum of its result took twice the time.
template <class T>
bool is_beyond_caches(const T* out, size_t n) {
    return n > last_level_cache() / sizeof(T) && reinterpret_cast<uintptr_t>(out) % sizeof(T) == 0;
}

}  // namespace

template <class T>
void apply(const std::string& name, bool derivative, const T* u, size_t n, const std::vector<double>& parameters,
           T* out, int threads) {
    const int index = index_in(activation_catalogue(), name, "activation");
    check_count(parameters.size(), parameters_of(*activation_catalogue()[index]).size(), name);
    const std::vector<T> p(parameters.begin(), parameters.end());
    const ActivationSpans<T>& spans = kernels_of<T>(active_table()).activations[index];
    const auto span = u != out && is_beyond_caches(out, n)
                          ? (derivative ? spans.derivative_past_caches : spans.forward_past_caches)
                          : (derivative ? spans.derivative : spans.forward);
    run_team_exact(team_size(threads, static_cast<double>(n), worth_waking), [&](Member member) {
        const size_t begin = member.begin(n);
        span(u + begin, out + begin, member.end(n) - begin, p.data());
    });
}

size_t row_function_outputs(const std::string& name, size_t n) {
    const auto& info = *row_function_catalogue()[index_in(row_function_catalogue(), name, "row function")];
    const size_t outputs = info.outputs(n);
    if (outputs == 0 && n > 0) throw std::invalid_argument(name + " cannot take " + std::to_string(n) + " columns");
    return outputs;
}

template <class T>
void apply_rows(const std::string& name, const T* u, size_t rows, size_t n, T* out, int threads) {
    const auto& spans =
        kernels_of<T>(active_table()).row_functions[index_in(row_function_catalogue(), name, "row function")];
    const size_t outputs = row_function_outputs(name, n);
    if (n == 0) return;
    run_team_exact(team_for_rows(threads, rows, n), [&](Member member) {
        const size_t begin = member.begin(rows);
        spans.forward(u + begin * n, out + begin * outputs, member.end(rows) - begin, in_rows, n);
    });
}

template <class T>
void apply_rows_backward(const std::string& name, const T* u, const T* g, size_t rows, size_t n, T* out, int threads) {
    const auto& spans =
        kernels_of<T>(active_table()).row_functions[index_in(row_function_catalogue(), name, "row function")];
    const size_t outputs = row_function_outputs(name, n);
    if (n == 0) return;
    const int team = team_for_rows(threads, rows, n);
    RowsInCache<T> results(team, rows, outputs);
    run_team_exact(team, [&](Member member) {
        for_row_blocks(
            member.begin(rows), member.end(rows),
            [&](Rows part) {
                const T* from = u + part.begin * n;
                T* z = results.of(member);
                spans.forward(from, z, part.size(), in_rows, n);
                spans.backward(from, z, g + part.begin * outputs, out + part.begin * n, part.size(), in_rows, n);
            },
            results.rows());
    });
}

template <class T>
void evaluate(const Loss& loss, const T* y, size_t rows, size_t n, const Targets<T>& targets, double* values,
              T* gradient, int threads) {
    loss.check_outputs(n);
    const std::vector<T> parameters = loss.parameters<T>(), columns = loss.columns<T>(n);
    const T scale = static_cast<T>(loss.scale(rows, n, targets.labels, nullptr));
    if (loss.is_foreign()) {
        const T* target = targets.labels ? nullptr : static_cast<const T*>(targets.values.data);
        return loss.run<T>({y, target, targets.labels, rows, n, loss.target_columns(n), values, gradient},
                           targets.weight, scale);
    }
    const bool in_rows = !loss.info().labels;  // the kernel's targets
    const size_t target_columns = loss.target_columns(n);
    TeamOfBlocks<T> blocks(threads, rows, std::max(n, target_columns), 1 + in_rows);
    run_team_exact(blocks.team(), [&](Member member) {
        BlockOfRows<T>& prediction = blocks.at(member, 0);
        for_row_blocks(
            member.begin(rows), member.end(rows),
            [&](Rows part) {
                prediction.load(y, rows, n, part);
                LossTask<T> task;
                task.y = task.delta = prediction.panels(n).data;
                task.value = values + part.begin;
                task.label = targets.labels ? targets.labels + part.begin : nullptr;
                task.target = nullptr;
                if (in_rows) {
                    BlockOfRows<T>& target = blocks.at(member, 1);
                    const Panels<T> panels = target.panels(target_columns);
                    if (!targets.labels)
                        target.load(static_cast<const T*>(targets.values.data), rows, target_columns, part);
                    loss.prepare(task.label, panels, {0, part.size()});
                    task.target = panels.data;
                }
                task.weight = targets.weight ? targets.weight + part.begin : nullptr;
                task.rows = part.size();
                task.stride = prediction.panels(n).stride;
                task.n = n;
                task.scale = scale;
                task.p = parameters.data();
                task.columns = columns.data();
                kernels_of<T>(active_table()).losses[loss.index()](task);
                if (gradient) prediction.save(gradient, n, part);
            },
            blocks.rows());
    });
}

#define PYNN_INSTANTIATE(T)                                                                               \
    template void apply(const std::string&, bool, const T*, size_t, const std::vector<double>&, T*, int); \
    template void apply_rows(const std::string&, const T*, size_t, size_t, T*, int);                      \
    template void apply_rows_backward(const std::string&, const T*, const T*, size_t, size_t, T*, int);   \
    template void evaluate(const Loss&, const T*, size_t, size_t, const Targets<T>&, double*, T*, int);
PYNN_INSTANTIATE(float)
PYNN_INSTANTIATE(double)
#undef PYNN_INSTANTIATE

}  // namespace pynn

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
    TeamOfBlocks(int threads, size_t rows, size_t n, int each)
        : team_(static_cast<int>(std::min<size_t>(team_size(threads, static_cast<double>(rows * n), worth_waking),
                                                  std::max<size_t>(1, rows)))),
          each_(each) {
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
    TeamOfBlocks<T> blocks(threads, rows, n, 2);
    run_team_exact(blocks.team(), [&](Member member) {
        BlockOfRows<T>&from = blocks.at(member, 0), &to = blocks.at(member, 1);
        const Panels<T> u_panels = from.panels(n), z = to.panels(outputs);
        for_row_blocks(
            member.begin(rows), member.end(rows),
            [&](Rows part) {
                from.load(u, rows, n, part);
                spans.forward(u_panels.data, z.data, part.size(), z.stride, n);
                to.save(out, outputs, part);
            },
            blocks.rows());
    });
}

template <class T>
void apply_rows_backward(const std::string& name, const T* u, const T* z, const T* g, size_t rows, size_t n, T* out,
                         int threads) {
    const auto& spans =
        kernels_of<T>(active_table()).row_functions[index_in(row_function_catalogue(), name, "row function")];
    const size_t outputs = row_function_outputs(name, n);
    if (n == 0) return;
    TeamOfBlocks<T> blocks(threads, rows, n, 4);
    run_team_exact(blocks.team(), [&](Member member) {
        BlockOfRows<T>&u_block = blocks.at(member, 0), &z_block = blocks.at(member, 1);
        BlockOfRows<T>&g_block = blocks.at(member, 2), &delta = blocks.at(member, 3);
        for_row_blocks(
            member.begin(rows), member.end(rows),
            [&](Rows part) {
                u_block.load(u, rows, n, part);
                z_block.load(z, rows, outputs, part);
                g_block.load(g, rows, outputs, part);
                const Panels<T> to = delta.panels(n);
                spans.backward(u_block.panels(n).data, z_block.panels(outputs).data, g_block.panels(outputs).data,
                               to.data, part.size(), to.stride, n);
                delta.save(out, n, part);
            },
            blocks.rows());
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

#define PYNN_INSTANTIATE(T)                                                                                       \
    template void apply(const std::string&, bool, const T*, size_t, const std::vector<double>&, T*, int);         \
    template void apply_rows(const std::string&, const T*, size_t, size_t, T*, int);                              \
    template void apply_rows_backward(const std::string&, const T*, const T*, const T*, size_t, size_t, T*, int); \
    template void evaluate(const Loss&, const T*, size_t, size_t, const Targets<T>&, double*, T*, int);
PYNN_INSTANTIATE(float)
PYNN_INSTANTIATE(double)
#undef PYNN_INSTANTIATE

}  // namespace pynn

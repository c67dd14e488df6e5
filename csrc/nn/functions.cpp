#include "nn/functions.hpp"

#include <algorithm>
#include <numeric>

#include "core/memory.hpp"
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

// One block of rows of up to three row-major arrays in panels.
template <class T>
class BlockOfRows {
  public:
    BlockOfRows(size_t rows, size_t n)
        : memory_(panels_for<T>(n) * panel_width<T> * rows), panels_{memory_.data(), rows, n} {}
    const Panels<T>& panels() const { return panels_; }
    void load(const T* data, size_t total, Rows rows) {
        int64_t index[row_block];
        std::iota(index, index + rows.size(), static_cast<int64_t>(rows.begin));
        gather<T>(row_major(data, total, panels_.n), index, panels_, {0, rows.size()});
    }
    void save(T* data, Rows rows) const { unpack(panels_, {0, rows.size()}, data + rows.begin * panels_.n, panels_.n); }

  private:
    Buffer<T> memory_;
    Panels<T> panels_;
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

}  // namespace

template <class T>
void apply(const std::string& name, bool derivative, const T* u, size_t n, const std::vector<double>& parameters,
           T* out, int threads) {
    const int index = index_in(activation_catalogue(), name, "activation");
    check_count(parameters.size(), parameters_of(*activation_catalogue()[index]).size(), name);
    const std::vector<T> p(parameters.begin(), parameters.end());
    const ActivationSpans<T>& spans = kernels_of<T>(active_table()).activations[index];
    const auto span = derivative ? spans.derivative : spans.forward;
    run_team_exact(team_size(threads, static_cast<double>(n), worth_waking), [&](Member member) {
        const size_t begin = member.begin(n);
        span(u + begin, out + begin, member.end(n) - begin, p.data());
    });
}

template <class T>
void apply_rows(const std::string& name, const T* u, size_t rows, size_t n, T* out, int threads) {
    const auto& spans =
        kernels_of<T>(active_table()).row_functions[index_in(row_function_catalogue(), name, "row function")];
    if (n == 0) return;
    TeamOfBlocks<T> blocks(threads, rows, n, 1);
    run_team_exact(blocks.team(), [&](Member member) {
        BlockOfRows<T>& block = blocks.at(member, 0);
        const Panels<T>& z = block.panels();
        for_row_blocks(
            member.begin(rows), member.end(rows),
            [&](Rows part) {
                block.load(u, rows, part);
                spans.forward(z.data, z.data, part.size(), z.stride, n);
                block.save(out, part);
            },
            blocks.rows());
    });
}

template <class T>
void apply_rows_backward(const std::string& name, const T* z, const T* g, size_t rows, size_t n, T* out, int threads) {
    const auto& spans =
        kernels_of<T>(active_table()).row_functions[index_in(row_function_catalogue(), name, "row function")];
    if (n == 0) return;
    TeamOfBlocks<T> blocks(threads, rows, n, 3);
    run_team_exact(blocks.team(), [&](Member member) {
        BlockOfRows<T>&z_block = blocks.at(member, 0), &g_block = blocks.at(member, 1), &delta = blocks.at(member, 2);
        for_row_blocks(
            member.begin(rows), member.end(rows),
            [&](Rows part) {
                z_block.load(z, rows, part);
                g_block.load(g, rows, part);
                spans.backward(z_block.panels().data, g_block.panels().data, delta.panels().data, part.size(),
                               delta.panels().stride, n);
                delta.save(out, part);
            },
            blocks.rows());
    });
}

template <class T>
void evaluate(const Loss& loss, const T* y, size_t rows, size_t n, const Targets<T>& targets, double* values,
              T* gradient) {
    std::vector<T> parameters = loss.parameters<T>();
    parameters.resize(defs::max_parameters);
    const size_t block = std::min(row_block, rows);
    BlockOfRows<T> prediction(block, n), target(block, n), delta(block, n);
    for_row_blocks(0, rows, [&](Rows part) {
        prediction.load(y, rows, part);
        if (!targets.labels) target.load(static_cast<const T*>(targets.values.data), rows, part);
        LossTask<T> task;
        task.y = prediction.panels().data;
        task.delta = delta.panels().data;
        task.value = values + part.begin;
        task.target = targets.labels ? nullptr : target.panels().data;
        task.label = targets.labels ? targets.labels + part.begin : nullptr;
        task.weight = targets.weight ? targets.weight + part.begin : nullptr;
        task.rows = part.size();
        task.stride = block;
        task.n = n;
        task.scale = static_cast<T>(loss.scale(rows, n));
        task.p = parameters.data();
        kernels_of<T>(active_table()).losses[loss.index()](task);
        delta.save(gradient, part);
    });
}

#define PYNN_INSTANTIATE(T)                                                                               \
    template void apply(const std::string&, bool, const T*, size_t, const std::vector<double>&, T*, int); \
    template void apply_rows(const std::string&, const T*, size_t, size_t, T*, int);                      \
    template void apply_rows_backward(const std::string&, const T*, const T*, size_t, size_t, T*, int);   \
    template void evaluate(const Loss&, const T*, size_t, size_t, const Targets<T>&, double*, T*);
PYNN_INSTANTIATE(float)
PYNN_INSTANTIATE(double)
#undef PYNN_INSTANTIATE

}  // namespace pynn

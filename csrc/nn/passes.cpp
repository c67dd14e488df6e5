#include "nn/passes.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "nn/plan.hpp"
#include "nn/row_blocks.hpp"

namespace pynn {
namespace {

// Multiply-adds a thread should have, to pay for waking it.
constexpr double worth_waking = 1e6;

int team_size(int threads, double work) {
    const int most = threads > 0 && !forked_after_threads() ? threads : default_threads();
    return std::max(1, static_cast<int>(std::min<double>(most, work / worth_waking)));
}

}  // namespace

template <class T>
void predict(const std::shared_ptr<const Network<T>>& network, const Source& x, T* out, int threads) {
    if (x.rows == 0) return;
    const size_t blocks = (x.rows + row_block - 1) / row_block, block = std::min(x.rows, row_block);
    const int team = std::min<int>(team_size(threads, network->cost() * static_cast<double>(x.rows)),
                                   static_cast<int>(std::min<size_t>(blocks, 4096)));
    const Plan<T> plan(network, block * team, PlanFor::inference);
    std::vector<int64_t> index(block * team);
    run_team(team, [&](Member member) {
        const size_t base = member.index * block;
        for (size_t b = member.index; b < blocks; b += member.count) {
            const size_t first = x.rows * b / blocks, last = x.rows * (b + 1) / blocks;
            std::iota(index.begin() + base, index.begin() + base + (last - first), static_cast<int64_t>(first));
            const Rows rows{base, base + (last - first)};
            gather<T>(x, index.data(), plan.input(), rows);
            plan.forward(rows);
            unpack(plan.output(), rows, out + first * plan.output().n, plan.output().n);
        }
    });
}

template <class T>
void backward(const std::shared_ptr<const Network<T>>& network, const Source& x, const Source& dz, T* dx,
              Optimizer& gradients, int threads) {
    gradients.bind(*network);
    const Plan<T> plan(network, x.rows, dx ? PlanFor::input_gradient : PlanFor::training);
    std::vector<int64_t> index(x.rows);
    std::iota(index.begin(), index.end(), int64_t{0});
    Barrier barrier;
    run_team(team_size(threads, 3 * network->cost() * static_cast<double>(x.rows)), [&](Member member) {
        for_row_blocks(member.begin(x.rows), member.end(x.rows), [&](Rows rows) {
            gather<T>(x, index.data(), plan.input(), rows);
            plan.forward(rows);
            gather<T>(dz, index.data(), plan.output_delta(), rows);
            plan.backward(rows);
            if (dx) unpack(plan.input_delta(), rows, dx + rows.begin * network->in_features(), network->in_features());
        });
        barrier.wait(member.count);
        plan.update(member, x.rows, gradients, nullptr);
    });
}

template void predict(const std::shared_ptr<const Network<float>>&, const Source&, float*, int);
template void predict(const std::shared_ptr<const Network<double>>&, const Source&, double*, int);
template void backward(const std::shared_ptr<const Network<float>>&, const Source&, const Source&, float*, Optimizer&,
                       int);
template void backward(const std::shared_ptr<const Network<double>>&, const Source&, const Source&, double*, Optimizer&,
                       int);

}  // namespace pynn

#include "nn/passes.hpp"

#include <algorithm>
#include <numeric>

namespace pynn {
namespace {

// Multiply-adds a thread should have, to pay for waking it.
constexpr double worth_waking = 1e6;
// Rows that go through a network together if its evaluation needs all rows.
constexpr size_t rows_together = 1024;

}  // namespace

template <class T>
std::unique_ptr<typename Predictor<T>::Workspace> Predictor<T>::make(size_t rows) const {
    return std::unique_ptr<Workspace>(
        new Workspace{rows, Plan<T>(network_, rows, PlanFor::inference), std::vector<int64_t>(rows)});
}

template <class T>
void Predictor<T>::run(const Source& x, T* out, int threads) {
    if (x.rows == 0) return;
    const bool together = network_->evaluates_together();
    const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) {  // the processors have something to do
        const std::unique_ptr<Workspace> own = make(std::min(together ? rows_together : row_block, x.rows));
        return together ? run_together(*own, x, out, 1) : run_in(*own, x, out, own->rows, {});
    }
    const int most = most_threads(threads);
    if (x.rows != arranged_rows_ || most != arranged_most_) {
        arrangement_ = arrange_at_most(layers_, x.rows, most, PlanFor::inference);
        arranged_rows_ = x.rows, arranged_most_ = most;
    }
    if (together) {
        const size_t rows = std::min(rows_together, x.rows);
        if (!kept_ || kept_->rows < rows) kept_ = make(rows);
        return run_together(*kept_, x, out, arrangement_.members);
    }
    const size_t groups = arrangement_.groups(), block = std::min(row_block, (x.rows + groups - 1) / groups);
    if (!kept_ || kept_->rows < block * groups) kept_ = make(block * groups);
    run_in(*kept_, x, out, block, arrangement_);
}

template <class T>
void Predictor<T>::run_in(Workspace& workspace, const Source& x, T* out, size_t block,
                          const Arrangement& arrangement) const {
    if (!x.sparse()) workspace.plan.expect_dense();
    const Plan<T>& plan = workspace.plan;
    std::vector<Barrier> groups(arrangement.group > 1 ? arrangement.groups() : 0);
    const size_t blocks = (x.rows + block - 1) / block;
    run_team(arrangement.members, [&](Member member) {
        // The system may give fewer members than asked for. There is memory for the groups of all, or for one member.
        const bool complete = member.count == arrangement.members;
        if (!complete && member.index > 0) return;
        const Sharing sharing = complete ? Sharing(member, arrangement, groups.data()) : Sharing();
        const bool first_column = sharing.columns.index == 0;
        const size_t base = sharing.rows.index * block;
        for (size_t b = sharing.rows.index; b < blocks; b += sharing.rows.count) {
            const size_t first = x.rows * b / blocks, last = x.rows * (b + 1) / blocks;
            const Rows rows{base, base + (last - first)};
            if (first_column) {
                for (size_t r = rows.begin; r < rows.end; ++r)
                    workspace.index[r] = static_cast<int64_t>(first + r - rows.begin);
                if (!x.sparse()) gather<T>(x, workspace.index.data(), plan.input(), rows, network_->input_scale());
            }
            if (x.sparse()) sharing.meet();  // all members read the index
            const SparseBatch<T> sparse(x, workspace.index.data());
            plan.forward(rows, sharing, x.sparse() ? &sparse : nullptr);
            if (first_column) unpack(plan.output(), rows, out + first * plan.output().n, plan.output().n);
        }
    });
}

template <class T>
void Predictor<T>::run_together(Workspace& workspace, const Source& x, T* out, int members) const {
    Plan<T>& plan = workspace.plan;
    if (!x.sparse()) plan.expect_dense();
    const size_t n = plan.output().n;
    Failure failure;
    for (size_t first = 0; first < x.rows && !failure; first += workspace.rows) {
        const size_t count = std::min(workspace.rows, x.rows - first);
        std::iota(workspace.index.begin(), workspace.index.end(), static_cast<int64_t>(first));
        const SparseBatch<T> sparse(x, workspace.index.data());
        Barrier barrier;
        run_team(members, [&](Member member) {
            const auto held = plan.hold(member);
            plan.forward_pass(
                {count, nullptr, x.sparse() ? &sparse : nullptr, barrier, failure}, Sharing(member),
                [&](Rows rows) {
                    if (!x.sparse()) gather<T>(x, workspace.index.data(), plan.input(), rows, network_->input_scale());
                },
                [&](Rows rows) { unpack(plan.output(), rows, out + (first + rows.begin) * n, n); });
        });
    }
    failure.rethrow();
}

template <class T>
void backward(const std::shared_ptr<const Network<T>>& network, const Source& x, const Source& dz, T* dx,
              Optimizer& gradients, int threads) {
    gradients.bind(*network);
    Plan<T> plan(network, x.rows, dx ? PlanFor::input_gradient : PlanFor::training);
    std::vector<int64_t> index(x.rows);
    std::iota(index.begin(), index.end(), int64_t{0});
    Barrier barrier;
    Failure failure;
    const int team = team_size(threads, 3 * network->cost() * static_cast<double>(x.rows), worth_waking);
    plan.expect_dense();
    plan.begin(team);
    run_team(team, [&](Member member) {
        const Sharing sharing(member);
        const Batch<T> batch{x.rows, nullptr, nullptr, barrier, failure};
        const auto held = plan.hold(member);
        const auto input = [&](Rows rows) { gather<T>(x, index.data(), plan.input(), rows, network->input_scale()); };
        plan.forward_pass(batch, sharing, input, [&](Rows rows) {
            gather<T>(dz, index.data(), plan.output_delta(), rows);
            plan.backward(rows, plan.parts() - 1, sharing, false);
        });
        plan.backward_pass(batch, sharing, true);
        const size_t n = network->in_features(), begin = member.begin(x.rows);
        if (dx) unpack(plan.input_delta(), {begin, member.end(x.rows)}, dx + begin * n, n);
        barrier.wait(member.count);
        if (!failure) plan.update(sharing, x.rows, gradients, nullptr);
    });
    failure.rethrow();
}

template class Predictor<float>;
template class Predictor<double>;
template void backward(const std::shared_ptr<const Network<float>>&, const Source&, const Source&, float*, Optimizer&,
                       int);
template void backward(const std::shared_ptr<const Network<double>>&, const Source&, const Source&, double*, Optimizer&,
                       int);

}  // namespace pynn

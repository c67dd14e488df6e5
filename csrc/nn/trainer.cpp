#include "nn/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "defs/optimizers.hpp"
#include "nn/row_blocks.hpp"

namespace pynn {
namespace {

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Says when some time has passed. Reads the clock, which costs as much as a fortieth of the shortest step, only when enough
// work (multiply-adds) has been done since.
class Stopwatch {
  public:
    static constexpr double worth_a_look = 3e6;
    explicit Stopwatch(double seconds) : seconds_(seconds) {}
    bool elapsed(double work) {
        work_ += work;
        if (work_ < worth_a_look) return false;
        work_ = 0;
        const double now = seconds_now();
        if (now - start_ < seconds_) return false;
        start_ = now;
        return true;
    }

  private:
    double seconds_, start_ = seconds_now(), work_ = 0;
};

}  // namespace

template <class T>
Trainer<T>::Trainer(std::shared_ptr<const Network<T>> network, Loss loss, std::shared_ptr<Optimizer> optimizer,
                    size_t batch, int threads)
    : network_(network),
      loss_(std::move(loss)),
      loss_parameters_(loss_.parameters<T>()),
      loss_columns_(loss_.columns<T>(network->out_features())),
      optimizer_(std::move(optimizer)),
      batch_(batch),
      threads_(threads),
      plan_(std::move(network), batch, PlanFor::training),
      layers_(network_->layer_sizes()),
      weights_(batch),
      values_(batch) {
    optimizer_->bind(*network_);
    if (optimizer_->needs_all_gradients()) plan_.reserve_gradients();
    const size_t n = network_->out_features();
    loss_.check_outputs(n);
    if (loss_.takes_labels()) labels_ = Buffer<int32_t>(batch);
    if (!loss_.info().labels)
        target_memory_ = Buffer<T>(panels_for<T>(loss_.target_columns(n)) * batch * panel_width<T>);
}

// Of a sparse input only the elements cost something.
template <class T>
void Trainer<T>::plan_for(const Source& x) {
    if (layers_.empty()) return;
    size_t in = network_->layer_sizes().front().in;
    if (x.sparse())
        in = std::max<size_t>(1, static_cast<size_t>(x.begin[x.rows] - x.begin[0]) / std::max<size_t>(1, x.rows));
    // Gathering the whole batch once for each member does not pay where gathering converts.
    const bool can_divide = plan_.can_divide_first() && is_direct<T>(x) && network_->input_scale() == nullptr;
    if (in != layers_.front().in || can_divide != ways_.first_divided) arranged_for_ = 0;
    layers_.front().in = in;
    ways_ = {plan_.parts() == 1, can_divide};
}

template <class T>
size_t Trainer<T>::most_nonzeros(const Source& x, const int64_t* order, size_t count, size_t first, size_t last) const {
    const size_t n = samples_of_step();
    size_t most = 0;
    for (size_t s = first; s < last; ++s)
        for (size_t at = s * n; at < std::min((s + 1) * n, count); at += batch_)
            most = std::max(most, nonzeros_of(x, order + at, std::min(batch_, std::min((s + 1) * n, count) - at)));
    return most;
}

template <class T>
int Trainer<T>::team_for(int threads) {
    if (threads != arranged_for_)
        members_ = arrange_at_most(layers_, batch_, threads, PlanFor::training, ways_).members;
    arranged_for_ = threads;
    return members_;
}

// The most members that need an input of their own, of the teams that a run tries.
template <class T>
int Trainer<T>::most_inputs(int most) const {
    for (const int members : {most, most / 2})
        if (members > 1 && arrange(layers_, batch_, members, PlanFor::training, ways_).first_divided) return members;
    return 1;
}

template <class T>
void Trainer<T>::phase_one(const Data& data, Step step, const Sharing& sharing, const Batch<T>& batch) {
    const bool first = sharing.columns.index == 0, together = loss_.is_foreign();
    const auto held = plan_.hold(sharing.member);
    const auto input = [&](Rows rows) {
        if (first && batch.sparse == nullptr)
            gather<T>(data.x, step.order, plan_.input(sharing), rows, network_->input_scale());
    };
    const auto output = [&](Rows rows) {
        if (together) return;
        if (first) output_delta(data, step, rows);
        plan_.backward(rows, plan_.parts() - 1, sharing, batch.randomness != nullptr);
    };
    plan_.forward_pass(batch, sharing, input, output);
    if (together) alone(batch, sharing.member, [&] { output_delta(data, step, Rows{0, step.rows}); });
    plan_.backward_pass(batch, sharing, !together);
}

// Phase 2 after a batch; `complete`: it is the last one of its step.
template <class T>
void Trainer<T>::update(Step step, const Sharing& sharing, const Batch<T>& batch, const T* scalars, bool complete) {
    const int members = sharing.member.count;
    Barrier& barrier = batch.barrier;
    const StepOptions& options = optimizer_->options;
    if (optimizer_->plain() && step.penalty == 0)
        return plan_.update(sharing, step.rows, *optimizer_, scalars, batch.sparse);
    if (!optimizer_->needs_all_gradients()) {
        plan_.update_with_options(sharing, step.rows, *optimizer_, scalars, batch.sparse, step.penalty);
    } else {
        plan_.add_gradients(sharing, step.rows, step.begin > 0, batch.sparse);
        barrier.wait(members);
        if (!complete) return;
        plan_.prepare_gradients(sharing, *optimizer_, step.penalty);
        barrier.wait(members);
        // As PyTorch, which adds 1e-6.
        const double norm = options.clip_norm > 0 ? plan_.gradient_norm() + 1e-6 : 0;
        const double factor = norm > options.clip_norm ? options.clip_norm / norm : 1;
        auto rest = static_cast<T>(norm == norm ? factor : norm);
        if (optimizer_->rule) {
            alone(batch, sharing.member, [&] { plan_.apply_rule(*optimizer_, rest, step.taken, step.lr); });
            if (batch.failure) return;
            rest = 1;
        }
        plan_.apply_gradients(sharing, *optimizer_, scalars, rest);
    }
    if (options.max_norm > 0) {
        barrier.wait(members);
        plan_.constrain(sharing.member, *optimizer_);
        barrier.wait(members);
    }
    if (options.average > 0) plan_.average(sharing, *optimizer_);
}

// The loss of `rows`, its values and its gradient with respect to the network's output.
template <class T>
void Trainer<T>::output_delta(const Data& data, Step step, Rows rows) {
    const Targets<T>& targets = data.targets;
    const Panels<T>&y = plan_.output(), &delta = plan_.output_delta();
    const Panels<T> target{target_memory_.data(), y.stride, loss_.target_columns(y.n)};
    if (targets.labels)
        for (size_t r = rows.begin; r < rows.end; ++r) labels_.data()[r] = targets.labels[step.order[r]];
    else
        gather<T>(targets.values, step.order, target, rows);
    loss_.prepare(targets.labels ? labels_.data() : nullptr, target, rows);
    if (targets.weight)
        for (size_t r = rows.begin; r < rows.end; ++r) weights_.data()[r] = targets.weight[step.order[r]];
    if (data.outputs)
        for (size_t r = rows.begin; r < rows.end; ++r)
            unpack(y, Rows{r, r + 1}, data.outputs + step.order[r] * y.n, y.n);

    LossTask<T> task;
    task.y = y.at(0, rows.begin);
    task.delta = delta.at(0, rows.begin);
    double* values = values_.data() + step.begin;
    task.value = values + rows.begin;
    task.target = target.data ? target.at(0, rows.begin) : nullptr;
    task.label = targets.labels ? labels_.data() + rows.begin : nullptr;
    task.weight = targets.weight ? weights_.data() + rows.begin : nullptr;
    task.rows = rows.size();
    task.stride = y.stride;
    task.n = y.n;
    task.scale = step.scale;
    task.p = loss_parameters_.data();
    task.columns = loss_columns_.data();
    if (loss_.is_foreign())
        run_foreign_loss(task, target, rows);
    else
        active_kernels<T>().losses[loss_.index()](task);
    for (size_t r = rows.begin; r < rows.end; ++r)
        if (!std::isfinite(values[r])) diverged_.store(true, std::memory_order_relaxed);
}

template <class T>
void Trainer<T>::run_foreign_loss(const LossTask<T>& task, const Panels<T>& target, Rows rows) {
    std::vector<T> y(rows.size() * task.n), d(target.data ? rows.size() * target.n : 0), gradient(y.size());
    unpack(plan_.output(), rows, y.data(), task.n);
    if (target.data) unpack(target, rows, d.data(), target.n);
    loss_.run<T>({y.data(), target.data ? d.data() : nullptr, task.label, rows.size(), task.n, target.n, task.value,
                  gradient.data()},
                 task.weight, task.scale);
    pack(gradient.data(), rows.size(), task.n, plan_.output_delta());
}

// Four chains in a fixed order: the sum must not wait for each addition, nor depend on who computed the values.
template <class T>
double Trainer<T>::total(size_t rows) const {
    double sum[4] = {};
    for (size_t r = 0; r < rows; ++r) sum[r % 4] += values_.data()[r];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

template <class T>
Progress Trainer<T>::run(const Source& x, const Targets<T>& targets, const int64_t* order, size_t count, size_t first,
                         size_t last, const double* rates, const Randomness* randomness, T* outputs,
                         const std::function<bool()>& poll, double loss, const double* penalties) {
    const size_t n = samples_of_step(), most_rows = std::min(n, count);
    if (values_.size() < most_rows) values_ = Buffer<double>(most_rows);
    const bool foreign = network_->evaluates_together() || loss_.is_foreign() || optimizer_->rule;
    // Multiply-adds of a step; of those that run foreign code nobody knows how long they take.
    const double work = foreign ? Stopwatch::worth_a_look : 3 * network_->cost() * static_cast<double>(n);
    plan_for(x);
    const int most = team_for(most_threads(threads_));
    plan_.begin(most);
    if (x.sparse())
        plan_.expect_sparse(most_nonzeros(x, order, count, first, last), most);
    else
        plan_.expect_dense(most_inputs(most));
    Progress progress{loss};
    bool stopped = false;
    Failure failure;
    std::atomic<bool> leave{false};
    diverged_.store(false);
    Stopwatch since_poll(0.05), since_look(TeamChoice::period);
    while (first + progress.steps < last && !stopped && !diverged_ && !failure) {
        const size_t begin = first + progress.steps;
        const int members = choice_.begin(most, seconds_now());
        Barrier barrier;
        std::vector<Barrier> groups_of_team(members);  // at most
        const auto changes = [&](double waited) {
            const auto steps = static_cast<double>(first + progress.steps - begin);
            for (const Barrier& group : groups_of_team) waited += group.parked_seconds();
            return choice_.look(seconds_now(), steps, barrier.parked_seconds() + waited);
        };
        const auto train = [&](Member member) {
            // The system may give fewer members than asked for.
            const auto arrangement_for = [&](size_t rows) {
                const Ways ways{ways_.groups, ways_.first_divided && plan_.inputs() >= member.count};
                return arrange(layers_, std::max<size_t>(1, rows), member.count, PlanFor::training, ways);
            };
            const Arrangement whole = arrangement_for(batch_), rest = arrangement_for(count % batch_);
            const size_t groups = optimizer_->groups();
            std::vector<T> scalars(groups * defs::max_step_scalars);
            for (size_t s = begin; s < last; ++s) {
                const int64_t* samples = order + s * n;
                const size_t rows = std::min(n, count - s * n);
                const T scale = static_cast<T>(loss_.scale(rows, plan_.output().n, targets.labels, samples));
                for (size_t g = 0; g < groups; ++g)
                    optimizer_->scalars(static_cast<int64_t>(s - first) + 1, rates ? rates + (s - first) : nullptr,
                                        scalars.data() + g * defs::max_step_scalars, g);
                const int64_t taken = optimizer_->steps + static_cast<int64_t>(s - first);
                const double lr = !optimizer_->rule ? 0 : rates ? rates[s - first] : optimizer_->get("lr");
                const T penalty = penalties ? static_cast<T>(penalties[s - first]) : T(0);
                for (size_t at = 0; at < rows; at += batch_) {
                    const Step step{samples + at, std::min(batch_, rows - at), at, scale, taken, lr, penalty};
                    Randomness drawn{};
                    if (randomness) drawn = {randomness->seed, randomness->step + s, at};
                    const SparseBatch<T> rows_of_x(x, step.order);
                    const Batch<T> part{step.rows, randomness ? &drawn : nullptr, x.sparse() ? &rows_of_x : nullptr,
                                        barrier, failure};
                    const Sharing sharing(member, step.rows == batch_ ? whole : rest, groups_of_team.data());
                    phase_one({x, targets, outputs}, step, sharing, part);
                    barrier.wait(member.count);

                    if (diverged_.load(std::memory_order_relaxed) || failure) return;
                    update(step, sharing, part, scalars.data(), at + batch_ >= rows);
                    if (failure) return;
                    if (randomness) plan_.learn(member, step.rows);
                }
                if (member.index == 0) {
                    progress.loss += total(rows);
                    ++progress.steps;
                    stopped = poll && since_poll.elapsed(work) && !poll();
                    if (stopped || (since_look.elapsed(work) && changes(0)))
                        leave.store(true, std::memory_order_relaxed);
                }
                barrier.wait(member.count);
                if (member.index == 0 && penalty > 0) {  // until the next barrier nobody changes the squares
                    const double value =
                        static_cast<double>(rows) * 0.5 * penalties[s - first] * plan_.sum_of_penalised_squares();
                    progress.loss += value;
                    progress.penalty += value;
                    if (!std::isfinite(value)) diverged_.store(true, std::memory_order_relaxed), --progress.steps;
                }
                if (leave.load(std::memory_order_relaxed)) return;
            }
        };
        leave.store(false);
        double done = 0;
        run_team(members, [&](Member member) {
            train(member);
            if (member.index == 0) done = seconds_now();
        });
        changes(seconds_now() - done);
    }
    optimizer_->steps += progress.steps;
    failure.rethrow();
    return progress;
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace pynn

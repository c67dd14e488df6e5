// Trainer: runs training steps of a network on the user's data. One native call is many steps.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "core/team_choice.hpp"
#include "nn/loss.hpp"
#include "nn/optimizer.hpp"
#include "nn/plan.hpp"
#include "nn/source.hpp"

namespace pynn {

// What the network shall predict, one row a sample: class labels, or values of the output's width. Weights may be null.
template <class T>
struct Targets {
    const int32_t* labels = nullptr;
    Source values;
    const T* weight = nullptr;
};

struct Progress {
    double loss = 0;     // sum over the samples of their weighted loss values, and of the runs before
    int64_t steps = 0;   // completed; fewer than asked for if a loss was not finite
    double penalty = 0;  // what penalties have added to the loss in this run
};

template <class T>
class Trainer {
  public:
    // threads = 0: default_threads() at each run.
    Trainer(std::shared_ptr<const Network<T>> network, Loss loss, std::shared_ptr<Optimizer> optimizer, size_t batch,
            int threads);

    // Steps [first, last) of an epoch over the `count` samples in `order`: step s takes samples order[s n, (s + 1) n), n being
    // samples_of_step(): a batch, or those whose gradients are accumulated.
    // outputs, if not null, is (samples, out_features), row-major: each sample's prediction as it was in its step.
    // poll, called on the calling thread between steps about every 50 ms, returns false to stop.
    // rates, if not null, are the learning rates of the steps, one each.
    // What foreign code throws comes out of run, the network being as the step before left it.
    // randomness: step s draws its random numbers from randomness.step + s; null: random units do as in evaluation.
    // loss: of the steps before, which the sum goes on from, so that it does not depend on how steps form runs.
    // penalties, if not null, one a step: penalty / 2 times the sum of the squares of all weights before the step is added to the
    // loss of each of its samples, and its gradient to theirs. Weights of products, not biases and the like.
    Progress run(const Source& x, const Targets<T>& targets, const int64_t* order, size_t count, size_t first,
                 size_t last, const double* rates, const Randomness* randomness, T* outputs,
                 const std::function<bool()>& poll, double loss = 0, const double* penalties = nullptr);

    size_t samples_of_step() const { return batch_ * optimizer_->options.accumulate; }
    const Network<T>& network() const { return *network_; }

  private:
    // A batch of a step, or the only one.
    struct Step {
        const int64_t* order;  // of this batch's samples
        size_t rows;
        size_t begin;   // of the batch among the step's samples
        T scale;        // of gradients
        int64_t taken;  // steps of the optimizer before
        double lr;
        T penalty;  // 0: none
    };
    struct Data {
        const Source& x;
        const Targets<T>& targets;
        T* outputs;
    };
    void phase_one(const Data& data, Step step, const Sharing& sharing, const Batch<T>& batch);
    void output_delta(const Data& data, Step step, Rows rows);
    void run_foreign_loss(const LossTask<T>& task, const Panels<T>& target, Rows rows);
    void update(Step step, const Sharing& sharing, const Batch<T>& batch, const T* scalars, bool complete);
    double total(size_t rows) const;
    void plan_for(const Source& x);
    size_t most_nonzeros(const Source& x, const int64_t* order, size_t count, size_t first, size_t last) const;
    int team_for(int threads);
    int most_inputs(int most) const;

    std::shared_ptr<const Network<T>> network_;
    Loss loss_;
    std::vector<T> loss_parameters_, loss_columns_;
    std::shared_ptr<Optimizer> optimizer_;
    size_t batch_;
    int threads_;
    Plan<T> plan_;
    std::vector<LayerSize> layers_;
    Buffer<T> target_memory_, weights_;
    Buffer<int32_t> labels_;
    Buffer<double> values_;
    Ways ways_;
    int arranged_for_ = 0, members_ = 1;  // members that a team of so many threads should have
    TeamChoice choice_;
    std::atomic<bool> diverged_{false};  // a value of this step is not finite
};

}  // namespace pynn

// Single passes through a network on the user's arrays: prediction, and the gradients for a given dLoss/dz.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "nn/arrangement.hpp"
#include "nn/network.hpp"
#include "nn/optimizer.hpp"
#include "nn/plan.hpp"
#include "nn/source.hpp"

namespace pynn {

// Prediction. Keeps its memory from call to call: allocating it would take longer than predicting one sample.
template <class T>
class Predictor {
  public:
    explicit Predictor(std::shared_ptr<const Network<T>> network)
        : network_(std::move(network)), layers_(network_->layer_sizes()) {}

    // out (x.rows, out_features), row-major. Memory for at most a block of rows a thread, whatever x.rows is. Any number of
    // threads may call at once; all but the first of them have memory of their own, and use one thread.
    void run(const Source& x, T* out, int threads);

  private:
    struct Workspace {
        size_t rows;
        Plan<T> plan;
        std::vector<int64_t> index;
    };
    std::unique_ptr<Workspace> make(size_t rows) const;
    void run_together(Workspace& workspace, const Source& x, T* out, int members) const;
    void run_in(Workspace& workspace, const Source& x, T* out, size_t block, const Arrangement& arrangement) const;

    std::shared_ptr<const Network<T>> network_;
    std::vector<LayerSize> layers_;
    std::mutex mutex_;  // of what follows
    Arrangement arrangement_;
    size_t arranged_rows_ = 0;  // what it was made for
    int arranged_most_ = 0;
    std::unique_ptr<Workspace> kept_;
};

// The gradients of sum(z * dz) with respect to the parameters, left in the state of a KeepGradient optimizer, and with respect
// to x, (x.rows, in_features) row-major, unless dx is null.
template <class T>
void backward(const std::shared_ptr<const Network<T>>& network, const Source& x, const Source& dz, T* dx,
              Optimizer& gradients, int threads);

}  // namespace pynn

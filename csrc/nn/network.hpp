// Network: ops in sequence, grouped into stages of one head and at most one follower.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nn/arrangement.hpp"
#include "nn/branches.hpp"
#include "nn/op.hpp"

namespace pynn {

// A stage's output is `n` wide. Stage 0 is the input: it has no head, and a follower only if the network begins with an
// activation. `inputs` are stages before it: one, or those that a Join joins.
template <class T>
struct Stage {
    std::shared_ptr<Head<T>> head;
    std::shared_ptr<Follower<T>> follower;
    size_t n = 0;
    std::vector<size_t> inputs{};
    std::vector<size_t> readers{};  // the stages that it is an input of, in increasing order
};

template <class T>
class Network {
  public:
    using Element = T;

    // Throws std::invalid_argument if widths do not fit or `in_features` is 0. input_scale: factors of the columns of x, or {}.
    Network(const std::vector<std::shared_ptr<Op<T>>>& ops, size_t in_features, std::vector<T> input_scale = {});

    size_t in_features() const { return stages_.front().n; }
    size_t out_features() const { return stages_.back().n; }
    size_t size() const { return size_; }  // in ops, those of branches counted one by one
    const T* input_scale() const { return input_scale_.empty() ? nullptr : input_scale_.data(); }
    // Whether the first head, and nothing else, reads the input, and takes sparse rows.
    bool takes_sparse() const {
        const Stage<T>& input = stages_.front();
        return !input.follower && input.readers.size() == 1 && stages_[input.readers.front()].head->takes_sparse();
    }
    const std::vector<Stage<T>>& stages() const { return stages_; }
    // The heads that have parameters, in order, and the position of each among the network's ops.
    const std::vector<std::shared_ptr<Head<T>>>& heads() const { return heads_; }
    const std::vector<size_t>& positions() const { return positions_; }
    // Of the layers with products.
    std::vector<LayerSize> layer_sizes() const;
    // Whether evaluation too takes all rows of a batch together: there is a RowMixer that says so.
    bool evaluates_together() const { return evaluates_together_; }
    // Multiply-adds of one sample's forward pass.
    double cost() const;

  private:
    void append(const std::shared_ptr<Op<T>>& op);
    void append_part(const std::shared_ptr<Op<T>>& op);
    void append_branches(const Branches<T>& op);
    void append_head(std::shared_ptr<Head<T>> head, std::vector<size_t> inputs);
    size_t size_ = 0;
    bool evaluates_together_ = false;
    size_t latest_ = 0;       // the stage that the next one reads
    size_t branched_ = none;  // the stage that other branches read as well: no follower may change it
    static constexpr size_t none = static_cast<size_t>(-1);
    std::vector<T> input_scale_;
    std::vector<Stage<T>> stages_;
    std::vector<std::shared_ptr<Head<T>>> heads_;
    std::vector<size_t> positions_;
};

}  // namespace pynn

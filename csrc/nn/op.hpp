// Op: a unit of a network. Two kinds exist. A Head computes its output from the whole input row (Linear, Softmax, ...); a
// Follower changes each element for itself (activations) and runs on a panel right after a head produced it.
#pragma once

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/levels.hpp"
#include "core/panels.hpp"
#include "core/team.hpp"
#include "nn/sparse.hpp"

namespace pynn {

// A parameter as the user sees it: a row-major array.
struct ParameterShape {
    std::string name;
    std::vector<size_t> dimensions;
    size_t size() const {
        size_t all = 1;
        for (const size_t n : dimensions) all *= n;
        return all;
    }
};

// Numbers that training keeps but no optimizer changes.
template <class T>
struct Statistic {
    std::string name;
    T* data;
    size_t size;
};

template <class T>
class Op {
  public:
    virtual ~Op() = default;
    virtual std::string kind() const = 0;
    // Width of the output for an input of width n; throws std::invalid_argument if n does not fit.
    virtual size_t out_features(size_t n) const { return n; }
    virtual std::vector<ParameterShape> parameters() const { return {}; }
    virtual std::vector<Statistic<T>> statistics() { return {}; }
    // What an op consists of, one after the other; {}: itself.
    virtual std::vector<std::shared_ptr<Op>> parts() const { return {}; }
};

// Where the random numbers of a training step come from.
struct Randomness {
    uint64_t seed, step;
    size_t first_row = 0;  // of the batch at hand among the step's rows
};

// Which elements of a matrix a span is: whole rows of one panel, of the output of a network's stage. Random units draw what
// belongs to the place; without randomness, they do as in evaluation.
struct Place {
    const Randomness* randomness;
    size_t stage, panel, row;
};

// Elementwise, in place on contiguous spans.
template <class T>
class Follower : public Op<T> {
  public:
    virtual void forward(T* z, size_t n, const Place& place) const = 0;
    // Whether forward_training keeps something: an array of the output's size.
    virtual bool saves() const = 0;
    virtual void forward_training(T* z, T* saved, size_t n, const Place& place) const = 0;
    // delta *= f'(u). z is this op's output; only read if !saves().
    virtual void backward(const T* z, const T* saved, T* delta, size_t n) const = 0;
};

template <class T>
struct Update {
    const UpdateSpans<T>& kernel;
    const T* scalars;
    T* slots[4];  // state arrays of parameter_count() elements
    int slot_count;
    T* transposed;  // to be kept as Head::transpose makes it, or null
    bool rests;     // a gradient of zero changes no weight
};

// Elements [begin, begin + count) of a head's parameters, all of one of them, in rows as wide as a panel, of which the first `live`
// lanes count.
struct Region {
    size_t parameter, begin, count, live;
    bool penalised;  // a weight of a product, not a bias or the like
};
inline constexpr size_t max_regions = 4;

// What a backward product needs beside its operands.
template <class T>
struct BackwardMemory {
    T* scratch;           // scratch_size() elements for this call alone
    const T* transposed;  // the weights as Head::transpose made them, or null
};

enum class Direction { forward, backward };

// z = head(x), delta_x = dLoss/dx from delta = dLoss/dz. x and delta_x are (batch, in), z and delta (batch, out).
template <class T>
class Head : public Op<T> {
  public:
    // Panels [first, last) of z.
    virtual void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const = 0;
    // Panels [first, last) of delta_x, given x and z of the forward pass.
    virtual void backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z, const Panels<T>& delta_x,
                          Rows rows, size_t first, size_t last, const BackwardMemory<T>& memory) const = 0;
    virtual size_t scratch_size() const { return 0; }
    // A second form of the weights, for backward.
    virtual size_t transposed_size() const { return 0; }
    virtual void transpose(T*) const {}
    // Whether x may be sparse: those called ..._sparse then take the place of the others.
    virtual bool takes_sparse() const { return false; }
    virtual void forward_sparse(const SparseBatch<T>&, const Panels<T>&, Rows, size_t, size_t) const {}
    // Panels that one call should do.
    virtual size_t panels_at_once(Direction direction, size_t rows) const = 0;
    // Whether backward reads z, which no follower may change then.
    virtual bool reads_output() const { return false; }
    // Whether one call must do all panels.
    virtual bool mixes_columns() const { return false; }
    // Multiply-adds of a sample's product, if there is one.
    virtual double multiply_adds() const { return 0; }

    // Parameters live in one array; gradients and optimizer state share its layout.
    virtual size_t parameter_count() const { return 0; }
    virtual T* parameter_data() { return nullptr; }
    // From and to that layout, as the user sees the parameter called `name`.
    virtual void unpack(const T*, const std::string&, T*) const {}
    virtual void pack(const T*, const std::string&, T*) const {}

    // The update, in tiles that are independent of each other.
    virtual size_t tiles() const { return 0; }
    virtual double tile_cost(size_t) const { return 0; }
    // Sums the gradient of one tile over rows [0, rows) and hands it to the optimizer's span while it is in L1.
    virtual void update(size_t, const Panels<T>&, const Panels<T>&, size_t, const Update<T>&) {}
    // The same in steps, for optimizers with options: the regions of a tile, which follow one another, and their number; their
    // gradient, at most a panel wide and one row higher, or added to what is there; and the second form of the weights after a
    // change.
    virtual size_t regions(size_t, Region*) const { return 0; }
    virtual void gradient(size_t, const Panels<T>&, const Panels<T>&, size_t, T*, bool) const {}
    virtual void transpose_tile(size_t, T*) const {}
    // Scales the weights into each unit of a panel of the output so that their norm is at most `most`.
    virtual void constrain(size_t, T, T*) {}
    // Of a sparse x: the panel of it that a tile reads, and update and gradient with the elements of those panels.
    virtual size_t input_panel(size_t) const { return 0; }
    virtual void update_sparse(size_t, const SparsePanels<T>&, const Panels<T>&, size_t, const Update<T>&) {}
    virtual void gradient_sparse(size_t, const SparsePanels<T>&, const Panels<T>&, size_t, T*, bool) const {}
};

// A head whose output depends on all rows of a batch: in training, and, if it says so, in evaluation. Before its forward and its
// backward pass members meet, do their shares of what concerns all rows, meet again, and go on with their own rows. Where it does
// not need all rows it is a head like others.
template <class T>
class RowMixer : public Head<T> {
  public:
    virtual size_t summary_size() const { return 0; }  // of a panel of z
    // The member's share of the work on rows [0, rows); summaries are those of all panels. delta_x has no data if nobody needs it.
    virtual void forward_together(const Member& member, const Panels<T>& x, const Panels<T>& z, size_t rows,
                                  bool training, T* summaries) = 0;
    virtual void backward_together(const Member& member, const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z,
                                   const Panels<T>& delta_x, size_t rows, bool training, T* summaries) = 0;
    // What is left for each row.
    virtual void forward_rows(const Panels<T>&, const Panels<T>&, Rows, size_t, const T*) const {}
    virtual void backward_rows(const Panels<T>&, const Panels<T>&, const Panels<T>&, Rows, size_t, const T*) const {}
    // Updates the op's statistics after a step.
    virtual void learn(size_t, size_t, const T*) {}
    // Of an op that needs all rows in evaluation too, and keeps what backward needs in itself: held by the calling thread, which
    // is member 0, from forward to backward. Null for others.
    virtual std::recursive_mutex* in_use() { return nullptr; }
};

// A head of several inputs.
template <class T>
class Join : public Head<T> {
  public:
    virtual void join(const std::vector<Panels<T>>& x, const Panels<T>& z, Rows rows, size_t first,
                      size_t last) const = 0;
    // delta_x of input i
    virtual void part(size_t i, const Panels<T>& delta, const Panels<T>& delta_x, Rows rows, size_t first,
                      size_t last) const = 0;
    void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const final {
        join({x}, z, rows, first, last);
    }
    void backward(const Panels<T>& delta, const Panels<T>&, const Panels<T>&, const Panels<T>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<T>&) const final {
        part(0, delta, delta_x, rows, first, last);
    }
};

// Panels [first, last): to += from
template <class T>
void add(const Panels<T>& from, const Panels<T>& to, Rows rows, size_t first, size_t last);

// Starts loading `count` elements that will be written soon; where weights exceed L2, waiting for them cost a sixth of the
// update.
template <class T>
void prefetch(const T* data, size_t count) {
    for (size_t i = 0; i < count; i += 64 / sizeof(T)) __builtin_prefetch(data + i, 1);
}

template <class T>
const Kernels<T>& active_kernels() {
    return kernels_of<T>(active_table());
}

}  // namespace pynn

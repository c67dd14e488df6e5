// PythonOp: a layer written in Python, which gets whole batches. Its parameters lie one after the other, row-major, each padded to
// full panels, so that every optimizer updates them where they are.
#pragma once

#include <string>
#include <vector>

#include "bindings/arrays.hpp"
#include "bindings/python.hpp"
#include "core/memory.hpp"
#include "nn/op.hpp"

namespace pynn {

template <class T>
class PythonOp final : public RowMixer<T> {
  public:
    // `layer` has the methods _run_forward(x, training, outputs) and _run_backward(grad, training, inputs), which returns dLoss/dx
    // and a list of the parameters' gradients, and out_features_for(inputs).
    PythonOp(const py::object& layer, std::vector<ParameterShape> parameters);

    std::string kind() const override { return "python"; }
    size_t out_features(size_t n) const override;
    std::vector<ParameterShape> parameters() const override { return parameters_; }

    // Nobody calls these two: all rows go together.
    void forward(const Panels<T>&, const Panels<T>&, Rows, size_t, size_t) const override {}
    void backward(const Panels<T>&, const Panels<T>&, const Panels<T>&, const Panels<T>&, Rows, size_t, size_t,
                  const BackwardMemory<T>&) const override {}
    size_t panels_at_once(Direction, size_t) const override { return static_cast<size_t>(-1); }
    void forward_together(const Member& member, const Panels<T>& x, const Panels<T>& z, size_t rows, bool training,
                          T*) override;
    void backward_together(const Member& member, const Panels<T>& delta, const Panels<T>&, const Panels<T>&,
                           const Panels<T>& delta_x, size_t rows, bool training, T*) override;
    std::recursive_mutex* in_use() override { return &mutex_; }

    size_t parameter_count() const override { return values_.size(); }
    T* parameter_data() override { return values_.data(); }
    void unpack(const T* from, const std::string& name, T* values) const override;
    void pack(const T* values, const std::string& name, T* to) const override;
    size_t tiles() const override { return tiles_.size(); }
    double tile_cost(size_t tile) const override { return static_cast<double>(tiles_[tile].count); }
    void update(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows, const Update<T>& update) override;
    size_t regions(size_t tile, Region* all) const override;
    void gradient(size_t tile, const Panels<T>&, const Panels<T>&, size_t, T* g, bool add) const override;

    // Where a parameter lies among the values, in their layout.
    size_t offset(const std::string& name) const { return offsets_[position(name)]; }

  private:
    static constexpr size_t width = panel_width<T>, square = width * width;
    size_t position(const std::string& name) const;

    WeakObject layer_;
    std::recursive_mutex mutex_;
    std::vector<ParameterShape> parameters_;
    std::vector<size_t> offsets_;
    std::vector<Region> tiles_;
    Buffer<T> values_, gradients_;
};

}  // namespace pynn

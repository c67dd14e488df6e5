// LearnedActivation: z = f(u; a) for each element, where the parameters a of defs::Learned are learned: one set for each
// feature, or one that all share.
//
//   backward  delta_u = delta f'(u)
//   update    da_k    = sum_r delta[r] df/da_k(u[r]), of the feature or of all features
#pragma once

#include "core/memory.hpp"
#include "nn/op.hpp"

namespace pynn {

template <class T>
class LearnedActivation final : public Head<T> {
  public:
    // features = 0: shared. Throws std::invalid_argument for an unknown name.
    LearnedActivation(const std::string& name, size_t features);

    std::string kind() const override;
    size_t out_features(size_t n) const override;
    std::vector<ParameterShape> parameters() const override;

    void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const override;
    void backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z, const Panels<T>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<T>& memory) const override;
    size_t panels_at_once(Direction, size_t) const override { return 1; }

    size_t parameter_count() const override { return values_.size(); }
    T* parameter_data() override { return values_.data(); }
    void unpack(const T* panels, const std::string& name, T* values) const override;
    void pack(const T* values, const std::string& name, T* panels) const override;

    size_t tiles() const override { return shared() ? 1 : panels_for<T>(features_); }
    double tile_cost(size_t) const override { return static_cast<double>(names_.size()); }
    void update(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows, const Update<T>& update) override;
    size_t regions(size_t tile, Region* all) const override;
    void gradient(size_t tile, const Panels<T>& x, const Panels<T>& delta, size_t rows, T* g, bool add) const override;

  private:
    static constexpr size_t width = panel_width<T>;
    bool shared() const { return features_ == 0; }
    size_t panel_size() const { return names_.size() * width; }
    const T* of_panel(size_t panel) const { return values_.data() + (shared() ? 0 : panel * panel_size()); }
    const LearnedSpans<T>& kernel() const { return active_kernels<T>().learned[index_]; }
    size_t position(const std::string& name) const;

    int index_;  // in defs::Learned
    size_t features_;
    std::vector<std::string> names_;  // of the parameters
    Buffer<T> values_;                // [panels][names][width]; shared ones are the same in all lanes of one panel
};

}  // namespace pynn

#include "nn/network.hpp"

#include <cstring>

namespace pynn {
namespace {

// The head of a stage that consists of an activation alone: z = x.
template <class T>
class Copy final : public Head<T> {
  public:
    std::string kind() const override { return "copy"; }
    void forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t first, size_t last) const override {
        copy(x, z, rows, first, last);
    }
    void backward(const Panels<T>& delta, const Panels<T>&, const Panels<T>&, const Panels<T>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<T>&) const override {
        copy(delta, delta_x, rows, first, last);
    }
    size_t panels_at_once(Direction, size_t) const override { return 1; }

  private:
    static void copy(const Panels<T>& from, const Panels<T>& to, Rows rows, size_t first, size_t last) {
        for (size_t p = first; p < last; ++p)
            std::memcpy(to.at(p, rows.begin), from.at(p, rows.begin), rows.size() * panel_width<T> * sizeof(T));
    }
};

}  // namespace

template <class T>
Network<T>::Network(const std::vector<std::shared_ptr<Op<T>>>& ops, size_t in_features, std::vector<T> input_scale)
    : input_scale_(std::move(input_scale)) {
    if (in_features == 0) throw std::invalid_argument("a network needs at least one input feature");
    if (!input_scale_.empty() && input_scale_.size() != in_features)
        throw std::invalid_argument("input_scale has " + std::to_string(input_scale_.size()) + " factors for " +
                                    std::to_string(in_features) + " features");
    stages_.push_back({nullptr, nullptr, in_features});
    for (const auto& op : ops) append(op);
}

template <class T>
void Network<T>::append(const std::shared_ptr<Op<T>>& op) {
    if (const auto branches = std::dynamic_pointer_cast<Branches<T>>(op)) return append_branches(*branches);
    const std::vector<std::shared_ptr<Op<T>>> parts = op->parts();
    if (parts.empty()) append_part(op);
    for (const auto& part : parts) append_part(part);
    ++size_;
}

template <class T>
void Network<T>::append_part(const std::shared_ptr<Op<T>>& op) {
    if (auto head = std::dynamic_pointer_cast<Head<T>>(op)) {
        append_head(head, {latest_});
        if (head->parameter_count() == 0) return;
        heads_.push_back(head);
        positions_.push_back(size_);
    } else {
        const Stage<T>& stage = stages_[latest_];
        if (stage.follower || latest_ == branched_ || (stage.head && stage.head->reads_output()))
            append_head(std::make_shared<Copy<T>>(), {latest_});
        stages_[latest_].follower = std::dynamic_pointer_cast<Follower<T>>(op);
    }
}

template <class T>
void Network<T>::append_branches(const Branches<T>& op) {
    const size_t begin = latest_, outer = branched_;
    std::vector<size_t> ends, widths;
    for (const auto& branch : op.branches()) {
        latest_ = branched_ = begin;
        for (const auto& part : branch) append(part);
        ends.push_back(latest_);
        widths.push_back(stages_[latest_].n);
    }
    branched_ = outer;
    append_head(op.join(std::move(widths)), std::move(ends));
}

template <class T>
void Network<T>::append_head(std::shared_ptr<Head<T>> head, std::vector<size_t> inputs) {
    const size_t n = head->out_features(stages_[inputs.front()].n), stage = stages_.size();
    for (const size_t input : inputs) stages_[input].readers.push_back(stage);
    if (auto* mixer = dynamic_cast<RowMixer<T>*>(head.get()))
        evaluates_together_ = evaluates_together_ || mixer->in_use() != nullptr;
    stages_.push_back({std::move(head), nullptr, n, std::move(inputs)});
    latest_ = stage;
}

template <class T>
std::vector<LayerSize> Network<T>::layer_sizes() const {
    std::vector<LayerSize> all;
    for (size_t s = 1; s < stages_.size(); ++s)
        if (stages_[s].head->multiply_adds() > 0)
            all.push_back({stages_[stages_[s].inputs[0]].n, stages_[s].n, panel_width<T>});
    return all;
}

template <class T>
double Network<T>::cost() const {
    double total = 0;
    for (const auto& head : heads_) total += head->multiply_adds();
    return total;
}

template class Network<float>;
template class Network<double>;

}  // namespace pynn

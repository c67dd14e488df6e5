// Branches: ops side by side on the same input, whose outputs are added (a residual block is one of them without ops, beside
// the block) or put side by side.
#pragma once

#include "nn/op.hpp"

namespace pynn {

enum class Joined { added, side_by_side };

template <class T>
class Branches final : public Op<T> {
  public:
    using Branch = std::vector<std::shared_ptr<Op<T>>>;
    Branches(std::vector<Branch> branches, Joined joined) : branches_(std::move(branches)), joined_(joined) {}

    std::string kind() const override { return joined_ == Joined::added ? "sum" : "concat"; }
    const std::vector<Branch>& branches() const { return branches_; }
    // The head that joins outputs of these widths; throws std::invalid_argument if they do not fit.
    std::shared_ptr<Join<T>> join(std::vector<size_t> widths) const;

  private:
    std::vector<Branch> branches_;
    Joined joined_;
};

}  // namespace pynn

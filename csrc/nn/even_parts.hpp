// Panels whose columns cost different amounts of work, laid end to end and cut into even parts, one for each member of a team: a
// panel that is cut belongs to two members, each with some of the rows.
#pragma once

#include <algorithm>
#include <vector>

#include "core/panels.hpp"
#include "core/team.hpp"

namespace pynn {

class EvenParts {
  public:
    EvenParts() = default;
    explicit EvenParts(const std::vector<double>& costs) {
        for (const double cost : costs) ends_.push_back(ends_.back() + cost);
    }
    bool empty() const { return ends_.back() == 0; }

    // The member's rows, of `rows`, of a panel.
    Rows of(const Member& member, size_t panel, size_t rows) const {
        const double begin = ends_[panel], cost = ends_[panel + 1] - begin;
        const auto row = [&](int index) {
            const double part = (ends_.back() * index / member.count - begin) / cost;
            return static_cast<size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(rows));
        };
        return {row(member.index), row(member.index + 1)};
    }

  private:
    std::vector<double> ends_ = {0};
};

}  // namespace pynn

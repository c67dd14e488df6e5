// Loss: a definition of defs::Losses with its parameters and reduction.
#pragma once

#include <string>
#include <vector>

#include "defs/losses.hpp"

namespace pynn {

class Loss {
  public:
    // Throws std::invalid_argument for an unknown name, a wrong number of parameters, or a reduction that is neither "mean"
    // nor "sum".
    Loss(const std::string& name, std::vector<double> parameters, const std::string& reduction);

    const defs::LossInfo& info() const;
    int index() const { return index_; }
    // The factor of every gradient for a batch of `rows` predictions of width n.
    double scale(size_t rows, size_t n) const;
    template <class T>
    std::vector<T> parameters() const {
        return std::vector<T>(parameters_.begin(), parameters_.end());
    }

  private:
    int index_;
    std::vector<double> parameters_;
    bool mean_;
};

}  // namespace pynn

#include "nn/branches.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace pynn {
namespace {

// Panels [first, last) of `from` to `to`.
template <class T>
void copy(const Panels<T>& from, const Panels<T>& to, Rows rows, size_t first, size_t last) {
    for (size_t p = first; p < last; ++p)
        std::memcpy(to.at(p, rows.begin), from.at(p, rows.begin), rows.size() * panel_width<T> * sizeof(T));
}

// z = x_0 + x_1 + ...
template <class T>
class Sum final : public Join<T> {
  public:
    explicit Sum(size_t n) : n_(n) {}
    std::string kind() const override { return "sum"; }
    size_t out_features(size_t) const override { return n_; }
    void join(const std::vector<Panels<T>>& x, const Panels<T>& z, Rows rows, size_t first,
              size_t last) const override {
        copy(x[0], z, rows, first, last);
        for (size_t i = 1; i < x.size(); ++i) add(x[i], z, rows, first, last);
    }
    void part(size_t, const Panels<T>& delta, const Panels<T>& delta_x, Rows rows, size_t first,
              size_t last) const override {
        copy(delta, delta_x, rows, first, last);
    }
    size_t panels_at_once(Direction, size_t) const override { return 1; }

  private:
    size_t n_;
};

// z = [x_0, x_1, ...]
template <class T>
class SideBySide final : public Join<T> {
  public:
    explicit SideBySide(std::vector<size_t> widths) : begins_(std::move(widths)) {
        begins_.insert(begins_.begin(), 0);
        std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
    }
    std::string kind() const override { return "concat"; }
    size_t out_features(size_t) const override { return begins_.back(); }
    void join(const std::vector<Panels<T>>& x, const Panels<T>& z, Rows rows, size_t, size_t) const override {
        for (size_t i = 0; i < x.size(); ++i) move_columns(x[i], 0, z, begins_[i], x[i].n, rows);
    }
    void part(size_t i, const Panels<T>& delta, const Panels<T>& delta_x, Rows rows, size_t, size_t) const override {
        move_columns(delta, begins_[i], delta_x, 0, delta_x.n, rows);
    }
    size_t panels_at_once(Direction, size_t) const override { return static_cast<size_t>(-1); }
    bool mixes_columns() const override { return true; }

  private:
    // Lanes that lie together in both.
    static void move_columns(const Panels<T>& from, size_t at, const Panels<T>& to, size_t to_at, size_t n, Rows rows) {
        constexpr size_t width = panel_width<T>;
        for (size_t j = 0, count = 0; j < n; j += count) {
            const size_t a = at + j, b = to_at + j;
            count = std::min({width - a % width, width - b % width, n - j});
            for (size_t r = rows.begin; r < rows.end; ++r)
                std::copy_n(from.at(a / width, r) + a % width, count, to.at(b / width, r) + b % width);
        }
    }
    std::vector<size_t> begins_;  // of each input's columns, and their end
};

}  // namespace

template <class T>
void add(const Panels<T>& from, const Panels<T>& to, Rows rows, size_t first, size_t last) {
    for (size_t p = first; p < last; ++p) {
        const T* x = from.at(p, rows.begin);
        T* z = to.at(p, rows.begin);
        for (size_t i = 0; i < rows.size() * panel_width<T>; ++i) z[i] += x[i];
    }
}

template <class T>
std::shared_ptr<Join<T>> Branches<T>::join(std::vector<size_t> widths) const {
    if (joined_ == Joined::side_by_side) return std::make_shared<SideBySide<T>>(std::move(widths));
    for (const size_t n : widths)
        if (n != widths.front())
            throw std::invalid_argument("a sum of " + std::to_string(widths.front()) + " and " + std::to_string(n) +
                                        " features");
    return std::make_shared<Sum<T>>(widths.front());
}

template void add(const Panels<float>&, const Panels<float>&, Rows, size_t, size_t);
template void add(const Panels<double>&, const Panels<double>&, Rows, size_t, size_t);
template class Branches<float>;
template class Branches<double>;

}  // namespace pynn

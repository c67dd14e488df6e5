#include "nn/select.hpp"

#include <algorithm>

namespace pynn {
namespace {

// Calls body(a, b, count) for `n` columns from `from` on in one matrix and from `to` on in another: `count` lanes from `a` on lie
// together in the first one, and those from `b` on in the second.
template <class T, class Body>
void for_lanes(const Panels<T>& first, size_t from, const Panels<T>& second, size_t to, size_t n, size_t row,
               const Body& body) {
    constexpr size_t width = panel_width<T>;
    for (size_t i = 0, count = 0; i < n; i += count) {
        const size_t a = from + i, b = to + i;
        count = std::min({width - a % width, width - b % width, n - i});
        body(first.at(a / width, row) + a % width, second.at(b / width, row) + b % width, count);
    }
}

}  // namespace

template <class T>
Select<T>::Select(std::vector<Run> runs) : runs_(std::move(runs)) {
    for (const Run& run : runs_) columns_ += run.count;
}

template <class T>
size_t Select<T>::out_features(size_t n) const {
    for (const auto& [begin, count] : runs_)
        if (begin >= n || count > n - begin)
            throw std::invalid_argument("column " + std::to_string(begin + count - 1) + " is selected, but there are " +
                                        std::to_string(n));
    return columns_;
}

template <class T>
void Select<T>::forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t, size_t) const {
    for (size_t r = rows.begin; r < rows.end; ++r) {
        size_t j = 0;
        for (const auto& [begin, count] : runs_) {
            for_lanes(x, begin, z, j, count, r, [](const T* from, T* to, size_t n) { std::copy_n(from, n, to); });
            j += count;
        }
    }
}

template <class T>
void Select<T>::backward(const Panels<T>& delta, const Panels<T>&, const Panels<T>&, const Panels<T>& delta_x,
                         Rows rows, size_t first, size_t last, const BackwardMemory<T>&) const {
    clear(delta_x, rows, first, last);
    for (size_t r = rows.begin; r < rows.end; ++r) {
        size_t j = 0;
        for (const auto& [begin, count] : runs_) {
            for_lanes(delta, j, delta_x, begin, count, r, [](const T* from, T* to, size_t n) {
                for (size_t i = 0; i < n; ++i) to[i] += from[i];
            });
            j += count;
        }
    }
}

template class Select<float>;
template class Select<double>;

}  // namespace pynn

#include "nn/maxout.hpp"

#include <algorithm>

namespace pynn {
namespace {

template <class T>
T* at(const Panels<T>& panels, size_t r, size_t column) {
    return panels.at(column / panel_width<T>, r) + column % panel_width<T>;
}

}  // namespace

template <class T>
void Largest<T>::forward(const Panels<T>& x, const Panels<T>& z, Rows rows, size_t, size_t) const {
    constexpr size_t width = panel_width<T>;
    for (size_t r = rows.begin; r < rows.end; ++r)
        for (size_t k = 0; k < pieces_; ++k)
            for (size_t j = 0, count = 0; j < z.n; j += count) {  // lanes that lie together in both
                const size_t i = k * z.n + j;
                count = std::min({width - i % width, width - j % width, z.n - j});
                const T* u = at(x, r, i);
                T* most = at(z, r, j);
                if (k == 0)
                    std::copy_n(u, count, most);
                else
                    for (size_t lane = 0; lane < count; ++lane)
                        most[lane] =
                            u[lane] <= most[lane] || most[lane] != most[lane] ? most[lane] : u[lane];  // NaN stays
            }
}

template <class T>
void Largest<T>::backward(const Panels<T>& delta, const Panels<T>& x, const Panels<T>& z, const Panels<T>& delta_x,
                          Rows rows, size_t, size_t, const BackwardMemory<T>&) const {
    for (size_t r = rows.begin; r < rows.end; ++r)
        for (size_t j = 0; j < z.n; ++j) {
            const T most = *at(z, r, j), d = *at(delta, r, j);
            bool found = false;
            for (size_t i = j; i < x.n; i += z.n) {
                const bool wins = !found && *at(x, r, i) == most;
                *at(delta_x, r, i) = wins ? d : T(0);
                found = found || wins;
            }
        }
}

template class Largest<float>;
template class Largest<double>;

}  // namespace pynn

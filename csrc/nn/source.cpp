#include "nn/source.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/levels.hpp"
#include "core/team.hpp"

namespace pynn {
namespace {

template <class T>
constexpr Element element_of() {
    return std::is_same_v<T, float> ? Element::f32 : Element::f64;
}

// IEEE binary16. Its subnormals are normal floats, and must not be made by way of subnormal ones: these would be flushed.
struct Half {
    uint16_t bits;
    explicit operator float() const {
        const uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
        const uint32_t normal = (exponent == 31 ? 255u : exponent + 112) << 23 | fraction << 13;
        float size;
        std::memcpy(&size, &normal, sizeof size);
        if (exponent == 0) size = static_cast<float>(fraction) * 0x1p-24f;
        return bits >> 15 ? -size : size;
    }
    explicit operator double() const { return static_cast<double>(static_cast<float>(*this)); }
};

// memcpy, because a column of a record array need not be aligned.
template <class From, class T>
inline void convert_some(const char* from, ptrdiff_t step, T* to, size_t count) {
    for (size_t j = 0; j < count; ++j, from += step) {
        From value;
        std::memcpy(&value, from, sizeof value);
        to[j] = static_cast<T>(value);
    }
}

template <class From, class T>
void convert(const Source& source, const int64_t* index, const Panels<T>& panels, Rows rows) {
    constexpr auto size = static_cast<ptrdiff_t>(sizeof(From));
    for (size_t r = rows.begin; r < rows.end; ++r) {
        const char* from = static_cast<const char*>(source.data) + index[r] * source.row_stride;
        for (size_t p = 0; p < panels.count(); ++p) {
            T* lane = panels.at(p, r);
            const size_t live = panels.live(p, p + 1);
            if (source.column_stride == size)
                convert_some<From>(from, size, lane, live);  // a known step, so the compiler makes vectors of it
            else
                convert_some<From>(from, source.column_stride, lane, live);
            from += static_cast<ptrdiff_t>(live) * source.column_stride;
            for (size_t j = live; j < panel_width<T>; ++j) lane[j] = 0;
        }
    }
}

template <class T>
void gather_unscaled(const Source& source, const int64_t* index, const Panels<T>& panels, Rows rows) {
    constexpr auto size = static_cast<ptrdiff_t>(sizeof(T));
    if (is_direct<T>(source))
        return kernels_of<T>(active_table())
            .products.gather(static_cast<const T*>(source.data), index + rows.begin, source.row_stride / size,
                             source.columns, panels.at(0, rows.begin), rows.size(), panels.stride);
    switch (source.element) {
        case Element::f16: return convert<Half>(source, index, panels, rows);
        case Element::f32: return convert<float>(source, index, panels, rows);
        case Element::f64: return convert<double>(source, index, panels, rows);
        case Element::i8: return convert<int8_t>(source, index, panels, rows);
        case Element::i16: return convert<int16_t>(source, index, panels, rows);
        case Element::i32: return convert<int32_t>(source, index, panels, rows);
        case Element::i64: return convert<int64_t>(source, index, panels, rows);
        case Element::u8: return convert<uint8_t>(source, index, panels, rows);
        case Element::u16: return convert<uint16_t>(source, index, panels, rows);
        case Element::u32: return convert<uint32_t>(source, index, panels, rows);
        case Element::u64: return convert<uint64_t>(source, index, panels, rows);
    }
}

}  // namespace

template <class T>
bool is_direct(const Source& source) {
    constexpr auto size = static_cast<ptrdiff_t>(sizeof(T));
    return !source.sparse() && source.element == element_of<T>() &&
           (source.column_stride == size || source.columns == 1) && source.row_stride % size == 0 &&
           reinterpret_cast<uintptr_t>(source.data) % sizeof(T) == 0;
}

template <class T>
void gather(const Source& source, const int64_t* index, const Panels<T>& panels, Rows rows, const T* scale) {
    gather_unscaled(source, index, panels, rows);
    if (scale == nullptr) return;
    for (size_t p = 0; p < panels.count(); ++p)
        for (size_t r = rows.begin; r < rows.end; ++r) {
            T* lane = panels.at(p, r);
            for (size_t j = 0; j < panels.live(p, p + 1); ++j) lane[j] *= scale[p * panel_width<T> + j];
        }
}

template <class To, class T>
bool all_finite(const T* values, size_t count, int threads) {
    constexpr double worth_waking = 1 << 18;
    // What is beyond the range of To times this is beyond the range of T.
    constexpr T scale = sizeof(To) < sizeof(T) ? std::numeric_limits<T>::max() / std::numeric_limits<To>::max() : T(1);
    const auto finite = kernels_of<T>(active_table()).finite;
    const int team = team_size(threads, static_cast<double>(count), worth_waking);
    if (team == 1) return finite(values, count, scale);
    std::atomic<bool> all{true};
    run_team_exact(team, [&](Member member) {
        const size_t begin = member.begin(count);
        if (!finite(values + begin, member.end(count) - begin, scale)) all.store(false, std::memory_order_relaxed);
    });
    return all.load();
}

template bool all_finite<float>(const float*, size_t, int);
template bool all_finite<float>(const double*, size_t, int);
template bool all_finite<double>(const float*, size_t, int);
template bool all_finite<double>(const double*, size_t, int);
template bool is_direct<float>(const Source&);
template bool is_direct<double>(const Source&);
template void gather(const Source&, const int64_t*, const Panels<float>&, Rows, const float*);
template void gather(const Source&, const int64_t*, const Panels<double>&, Rows, const double*);

}  // namespace pynn

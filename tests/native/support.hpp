// What the native tests share: memory between guard pages, a count of checks, and reproducible numbers.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "kernels/table.hpp"

namespace pynn::test {

// Sizes around every tile and panel edge: tiles are 4, 6 or 14 rows tall, panels 16 or 32 lanes wide.
inline constexpr size_t edge_sizes[] = {1, 2, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 31, 32, 33, 34, 63, 64, 65, 100};

// Memory with an inaccessible page on either side. An array is placed flush against one of the two, so that a kernel
// that reads or writes one element too far is stopped by a fault.
enum class Edge { low, high };

class Guarded {
  public:
    explicit Guarded(size_t bytes) : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
        bytes_ = (bytes + page_ - 1) / page_ * page_;
        void* all = mmap(nullptr, bytes_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (all == MAP_FAILED) throw std::bad_alloc();
        data_ = static_cast<char*>(all) + page_;
        if (mprotect(data_, bytes_, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;
    ~Guarded() { munmap(data_ - page_, bytes_ + 2 * page_); }

    template <class T>
    T* place(size_t count, Edge edge) {
        if (count * sizeof(T) > bytes_) throw std::bad_alloc();
        return reinterpret_cast<T*>(edge == Edge::low ? data_ : data_ + bytes_ - count * sizeof(T));
    }

  private:
    size_t page_, bytes_;
    char* data_;
};

// Counts checks and describes the first failures. `where` names the case in hand, also for the handler of faults.
class Report {
  public:
    size_t passed = 0, failed = 0;
    char where[256] = "";

    __attribute__((format(printf, 2, 3))) void at(const char* format, ...) {
        va_list list;
        va_start(list, format);
        std::vsnprintf(where, sizeof where, format, list);
        va_end(list);
    }
    // A hash (FNV-1a) of results whose bits must be the same on every level with fused multiply-adds, on any processor.
    // NaN counts as one value.
    template <class T>
    void digest(const T* values, size_t n) {
        for (size_t i = 0; i < n; ++i) {
            uint64_t bits = 0;
            if (values[i] == values[i]) std::memcpy(&bits, values + i, sizeof(T));
            bits_ = (bits_ ^ bits) * 0x100000001B3u;
        }
    }
    uint64_t take_digest() { return std::exchange(bits_, offset_basis); }
    void check(bool holds, const char* what) {
        ++(holds ? passed : failed);
        if (!holds && failed <= 20) std::printf("FAILED %s: %s\n", where, what);
    }

  private:
    static constexpr uint64_t offset_basis = 0xCBF29CE484222325u;
    uint64_t bits_ = offset_basis;
};

// The level under test; `reference` is the scalar level, whose every definition the Python tests compare with NumPy.
struct Subject {
    const char* level;
    const Table& table;
    const Table& reference;
    bool fused;  // mul_add rounds once
};

// xorshift64*: small, and the same everywhere.
class Numbers {
  public:
    explicit Numbers(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
    uint64_t bits() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545F4914F6CDD1Du;
    }
    double uniform(double low, double high) { return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53; }
    int integer(int low, int high) { return low + static_cast<int>(bits() % static_cast<uint64_t>(high - low + 1)); }

  private:
    uint64_t state_;
};

template <class T>
bool same_bits(const T* a, const T* b, size_t n) {
    return std::memcmp(a, b, n * sizeof(T)) == 0;
}
// Equal bits, or both NaN: which NaN comes out of two is the processor's choice.
template <class T>
bool same_values(const T* a, const T* b, size_t n) {
    for (size_t i = 0; i < n; ++i)
        if (!same_bits(a + i, b + i, 1) && !(a[i] != a[i] && b[i] != b[i])) return false;
    return true;
}

template <class T>
constexpr size_t panels_of(size_t n) {
    return (n + panel_width<T> - 1) / panel_width<T>;
}
// Element (row, column) of panels [..][stride][width].
template <class T>
T& lane(T* panels, size_t stride, size_t row, size_t column) {
    return panels[(column / panel_width<T> * stride + row) * panel_width<T> + column % panel_width<T>];
}
template <class T>
constexpr const char* type_name() {
    return sizeof(T) == 4 ? "float32" : "float64";
}

void test_products(const Subject& subject, Report& report);
void test_spans(const Subject& subject, Report& report);
void test_rows(const Subject& subject, Report& report);
void test_vector_maths(const Subject& subject, Report& report);
void test_team(Report& report);
void test_arrangement(Report& report);

}  // namespace pynn::test

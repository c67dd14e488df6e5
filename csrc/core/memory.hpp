// Zeroed, aligned memory for panels: cache-line aligned, and on huge pages where it is large enough to gain by them.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace pynn {

template <class T>
class Buffer {
  public:
    Buffer() = default;
    explicit Buffer(size_t count) : count_(count) {
        if (count == 0) return;
        const size_t bytes = count * sizeof(T), alignment = bytes >= huge_page * 2 ? huge_page : cache_line;
        if (count > (size_t{1} << 48) / sizeof(T)) throw std::bad_alloc();
        data_ = static_cast<T*>(std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment));
        if (data_ == nullptr) throw std::bad_alloc();
#ifdef __linux__
        if (alignment == huge_page) madvise(data_, bytes, MADV_HUGEPAGE);  // only advice: failing changes nothing
#endif
        std::memset(static_cast<void*>(data_), 0, bytes);
    }
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        Buffer moved(std::move(other));
        swap(moved);
        return *this;
    }
    ~Buffer() { std::free(data_); }

    T* data() { return data_; }
    const T* data() const { return data_; }
    size_t size() const { return count_; }
    explicit operator bool() const { return data_ != nullptr; }

  private:
    static constexpr size_t cache_line = 128, huge_page = size_t{2} << 20;
    void swap(Buffer& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(count_, other.count_);
    }
    T* data_ = nullptr;
    size_t count_ = 0;
};

}  // namespace pynn

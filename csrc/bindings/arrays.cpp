#include "bindings/arrays.hpp"

namespace pynn {
namespace {

Element element_of(const std::string& what, const py::array& array) {
    const py::dtype type = array.dtype();
    const char kind = type.kind();
    const auto size = type.itemsize();
    if (type.byteorder() != '>') {
        if (kind == 'f' && size == 2) return Element::f16;
        if (kind == 'f' && size == 4) return Element::f32;
        if (kind == 'f' && size == 8) return Element::f64;
        if (kind == 'b') return Element::u8;
        const int log = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
        constexpr Element signed_types[] = {Element::i8, Element::i16, Element::i32, Element::i64};
        constexpr Element unsigned_types[] = {Element::u8, Element::u16, Element::u32, Element::u64};
        if (kind == 'i') return signed_types[log];
        if (kind == 'u') return unsigned_types[log];
    }
    throw_array(what, array, "a native bool, integer, float16, float32 or float64 array");
}

}  // namespace

Source source_of(const std::string& what, const py::array& array, size_t rows, size_t columns) {
    if (array.ndim() != 2 || array.shape(0) != static_cast<ssize_t>(rows) ||
        array.shape(1) != static_cast<ssize_t>(columns))
        throw_array(what, array, "shape (" + std::to_string(rows) + ", " + std::to_string(columns) + ")");
    return {array.data(), element_of(what, array), rows, columns, array.strides(0), array.strides(1)};
}

}  // namespace pynn

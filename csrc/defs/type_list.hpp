// A list of types, and the array made from one value per type.
#pragma once

namespace pynn::defs {

template <class... Ts>
struct TypeList {
    static constexpr int size = sizeof...(Ts);
};

// make_array<Make>(list): {Make<T1>::value, Make<T2>::value, ...}
template <class Value, int N>
struct Array {
    Value items[N];
};
template <template <class> class Make, class Value, class... Ts>
constexpr Array<Value, sizeof...(Ts)> make_array(TypeList<Ts...>) {
    return {{Make<Ts>::value...}};
}

}  // namespace pynn::defs

// The weights of an op: all that training changes in it, which is its parameters, in the layout of the head that has them, and its
// statistics.
#pragma once

#include "nn/op.hpp"

namespace pynn {

// The op, or the part of it, that has the parameters.
template <class T>
Head<T>& head_of(Op<T>& op) {
    for (const auto& part : op.parts())
        if (!part->parameters().empty()) return dynamic_cast<Head<T>&>(*part);
    return dynamic_cast<Head<T>&>(op);
}

// Calls visit(data, size) for the parameters, if there are any, then for each statistic.
template <class T, class Visit>
void for_each_part(Op<T>& op, const Visit& visit) {
    if (!op.parameters().empty()) visit(head_of(op).parameter_data(), head_of(op).parameter_count());
    for (const Statistic<T>& known : op.statistics()) visit(known.data, known.size);
}

// Whether no weight is NaN or infinite.
template <class T>
bool is_finite(Op<T>& op);

}  // namespace pynn

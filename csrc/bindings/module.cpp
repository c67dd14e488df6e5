// The extension module pynncore._core.
#include "bindings/handles.hpp"

PYBIND11_MODULE(_core, m) {
    m.doc() = "The native core of pynncore: kernels, engine, and the catalogue of definitions.";
    m.attr("__version__") = PYNNCORE_VERSION;
    pynn::bind_catalogue(m);
    pynn::bind_machine(m);
    pynn::bind_functions(m);
    pynn::bind_loss(m);
    pynn::bind_op(m);
    pynn::bind_sparse(m);
    pynn::bind_network(m);
    pynn::bind_optimizer(m);
    pynn::bind_trainer(m);
    pynn::bind_arrangement(m);
}

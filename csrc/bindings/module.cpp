// The extension module pynncore._core.
#include <string>

#include "bindings/handles.hpp"

namespace py = pybind11;

namespace {

// The protocols of copy and pickle would make objects without their constructor, some of them ending the process.
void refuse_copies(const py::module_& m) {
    for (const auto& item : m.attr("__dict__").cast<py::dict>()) {
        if (!PyType_Check(item.second.ptr())) continue;
        const auto refuse = [](const py::object& self, const py::args&) -> py::object {
            throw py::type_error("a " + std::string(py::str(py::type::of(self).attr("__name__"))) +
                                 " of the core can neither be copied nor pickled");
        };
        for (const char* method : {"__reduce__", "__reduce_ex__"})
            py::setattr(item.second, method, py::cpp_function(refuse, py::name(method), py::is_method(item.second)));
    }
}

}  // namespace

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
    refuse_copies(m);
}

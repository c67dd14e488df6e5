// Training, and the gradients of a loss.
#include <algorithm>
#include <cmath>
#include <limits>

#include "bindings/gil.hpp"
#include "bindings/gradients.hpp"
#include "bindings/handles.hpp"
#include "bindings/input.hpp"
#include "bindings/targets.hpp"
#include "core/shuffle.hpp"

namespace pynn {
namespace {

void check_order(const int64_t* order, size_t begin, size_t end, size_t rows) {
    for (size_t i = begin; i < end; ++i)
        if (order[i] < 0 || order[i] >= static_cast<int64_t>(rows))
            throw py::index_error("order[" + std::to_string(i) + "] is " + std::to_string(order[i]) + ", but x has " +
                                  std::to_string(rows) + " rows");
}

template <class T>
void check_penalties(const double* penalties, size_t count) {
    for (size_t i = 0; i < count && penalties; ++i)
        if (!(penalties[i] >= 0 && std::isfinite(static_cast<T>(penalties[i]))))
            throw py::value_error("penalties[" + std::to_string(i) + "] is " + std::to_string(penalties[i]) +
                                  ", but a finite number of at least 0 was expected");
}

// Calls a Python function between steps; what it raises is kept for the caller of run.
class Interruption {
  public:
    explicit Interruption(std::optional<py::function> function) : function_(std::move(function)) {}
    bool operator()() {
        if (finishing.load()) return false;
        if (!function_) return true;
        const py::gil_scoped_acquire acquire;
        try {
            (*function_)();
            return true;
        } catch (...) {
            raised_ = std::current_exception();
            return false;
        }
    }
    void rethrow() const {
        if (raised_) std::rethrow_exception(raised_);
    }

  private:
    std::optional<py::function> function_;
    std::exception_ptr raised_;
};

// Holds a trainer for one call: its workspace serves one run at a time.
class Running {
  public:
    explicit Running(std::mutex& mutex) : lock_(mutex, std::try_to_lock) {
        if (!lock_.owns_lock()) throw std::runtime_error("this trainer is already running in another thread");
    }

  private:
    std::unique_lock<std::mutex> lock_;
};

template <class T>
Progress run(Trainer<T>& trainer, const Loss& loss, const py::object& x, const py::array& target,
             const py::array& order, size_t first, size_t last, const Randomness& randomness,
             const std::optional<py::array>& rates, const std::optional<py::array>& weight,
             const std::optional<py::array>& outputs, const std::optional<py::function>& interrupted,
             double loss_before, const std::optional<py::array>& penalties) {
    const Source source = input_of(trainer.network(), x);
    const size_t rows = source.rows, n = trainer.network().out_features();
    const Targets<T> targets = targets_of<T>(loss, target, weight, rows, n);
    const auto count = static_cast<size_t>(order.size());
    const int64_t* indices = data_of<int64_t>("order", order, {count});
    const size_t per_step = trainer.samples_of_step();
    if (first > last || last > (count + per_step - 1) / per_step)
        throw py::index_error("steps [" + std::to_string(first) + ", " + std::to_string(last) + ") are not those of " +
                              std::to_string(count) + " samples in batches of " + std::to_string(per_step));
    const size_t begin = first * per_step, end = std::min(count, last * per_step);
    check_order(indices, begin, end, rows);
    for (size_t i = begin; i < end && targets.labels; ++i) check_label(loss, targets.labels, indices[i], n);
    T* to = const_cast<T*>(data_or_null<T>("outputs", outputs, {rows, n}));
    const double* lr = data_or_null<double>("rates", rates, {last - first});
    const double* penalty = data_or_null<double>("penalties", penalties, {last - first});
    check_penalties<T>(penalty, last - first);
    Interruption interruption(interrupted);
    Progress progress;
    {
        const WithoutLock without_lock;  // every array is referenced by the caller, the trainer by its lock
        progress = trainer.run(source, targets, indices, count, first, last, lr, &randomness, to,
                               std::ref(interruption), loss_before, penalty);
    }
    if (finishing.load()) throw std::runtime_error("training was stopped because Python is ending");
    interruption.rethrow();
    return progress;
}

template <class T>
py::tuple gradients(const std::shared_ptr<Network<T>>& network, const Loss& loss, const py::object& x,
                    const py::array& target, const std::optional<py::array>& weight, int threads) {
    const Source source = input_of(*network, x);
    const size_t rows = source.rows;
    if (rows == 0) throw py::value_error("x has no rows, expected at least one row");
    const Targets<T> targets = targets_of<T>(loss, target, weight, rows, network->out_features());
    for (size_t r = 0; r < rows && targets.labels; ++r) check_label(loss, targets.labels, r, network->out_features());
    auto keep = std::make_shared<Optimizer>("KeepGradient", std::vector<double>{});
    Progress progress;
    {
        const WithoutLock without_lock;
        std::vector<int64_t> order(rows);
        for (size_t i = 0; i < rows; ++i) order[i] = static_cast<int64_t>(i);
        Trainer<T> trainer(network, loss, keep, rows, threads);
        progress = trainer.run(source, targets, order.data(), rows, 0, 1, nullptr, nullptr, nullptr, nullptr);
    }
    const double value = progress.steps == 1 ? progress.loss : std::numeric_limits<double>::quiet_NaN();
    return py::make_tuple(value, gradients_of<T>(*network, *keep, network->size()));
}

// A trainer keeps its loss, because targets are checked against it.
struct BoundTrainer {
    TrainerHandle handle;
    Loss loss;
    double penalty = 0;
};

}  // namespace

void bind_trainer(py::module_& m) {
    py::class_<BoundTrainer>(m, "Trainer",
                             "A network, a loss and an optimizer, planned for a batch size and a number of threads.")
        .def(py::init([](const NetworkHandle& h, const Loss& loss, const std::shared_ptr<Optimizer>& optimizer,
                         size_t batch, int threads) {
                 if (batch == 0) throw py::value_error("batch_size must be at least 1");
                 return std::visit(
                     [&](auto& network) {
                         using T = typename std::decay_t<decltype(*network)>::Element;
                         return BoundTrainer{{std::make_shared<Trainer<T>>(network, loss, optimizer, batch, threads)},
                                             loss};
                     },
                     h.network);
             }),
             py::arg("network"), py::arg("loss"), py::arg("optimizer"), py::arg("batch_size"), py::arg("threads"))
        .def(
            "run",
            [](BoundTrainer& self, const py::object& x, const py::array& target, const py::array& order, size_t first,
               size_t last, uint64_t seed, uint64_t epoch, const std::optional<py::array>& rates,
               const std::optional<py::array>& weight, const std::optional<py::array>& outputs,
               const std::optional<py::function>& interrupted, double loss, uint32_t earlier,
               const std::optional<py::array>& penalties) {
                const Running running(*self.handle.running);
                const Randomness randomness{seed, (epoch << 32) + earlier};
                const Progress progress = std::visit(
                    [&](auto& trainer) {
                        return run(*trainer, self.loss, x, target, order, first, last, randomness, rates, weight,
                                   outputs, interrupted, loss, penalties);
                    },
                    self.handle.trainer);
                self.penalty = progress.penalty;
                return py::make_tuple(progress.loss, progress.steps);
            },
            py::arg("x"), py::arg("target"), py::arg("order"), py::arg("first"), py::arg("last"), py::arg("seed"),
            py::arg("epoch"), py::arg("rates") = py::none(), py::arg("weight") = py::none(),
            py::arg("outputs") = py::none(), py::arg("interrupted") = py::none(), py::arg("loss") = 0.0,
            py::arg("earlier") = 0, py::arg("penalties") = py::none())
        .def_readonly("penalty", &BoundTrainer::penalty);
    m.def(
        "gradients",
        [](const NetworkHandle& h, const Loss& loss, const py::object& x, const py::array& target,
           const std::optional<py::array>& weight, int threads) {
            return std::visit([&](auto& network) { return gradients(network, loss, x, target, weight, threads); },
                              h.network);
        },
        py::arg("network"), py::arg("loss"), py::arg("x"), py::arg("target"), py::arg("weight"), py::arg("threads"));
    m.def(
        "shuffle",
        [](uint32_t n, uint64_t seed, uint64_t epoch) {
            py::array_t<int64_t> order(static_cast<ssize_t>(n));
            shuffle(order.mutable_data(), n, seed, epoch);
            return order;
        },
        py::arg("n"), py::arg("seed"), py::arg("epoch"));
}

}  // namespace pynn

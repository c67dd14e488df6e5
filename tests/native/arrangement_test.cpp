// The planner: what it expects of a pass is what the plan does, it takes the arrangement that it expects to be fastest, and any
// arrangement gives the same bits. With threads of its own, for ThreadSanitizer, which does not know OpenMP.
#include "nn/arrangement.hpp"

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "defs/optimizers.hpp"
#include "nn/activation.hpp"
#include "nn/linear.hpp"
#include "nn/optimizer.hpp"
#include "nn/plan.hpp"
#include "nn/row_blocks.hpp"
#include "nn/row_function.hpp"
#include "support.hpp"

namespace pynn::test {
namespace {

thread_local double products = 0, updates = 0;  // multiply-adds of this thread

// Does nothing, and counts what a Linear layer would do.
class Counter final : public Head<float> {
  public:
    Counter(size_t in, size_t out) : in_(in), out_(out) {}
    std::string kind() const override { return "counter"; }
    size_t out_features(size_t) const override { return out_; }
    void forward(const Panels<float>& x, const Panels<float>& z, Rows rows, size_t first, size_t last) const override {
        products += static_cast<double>(rows.size() * x.n * z.live(first, last));
    }
    void backward(const Panels<float>& delta, const Panels<float>&, const Panels<float>&, const Panels<float>& delta_x,
                  Rows rows, size_t first, size_t last, const BackwardMemory<float>&) const override {
        products += static_cast<double>(rows.size() * delta.n * delta_x.live(first, last));
    }
    size_t panels_at_once(Direction, size_t) const override { return 1; }
    double multiply_adds() const override { return static_cast<double>(in_ * out_); }
    size_t parameter_count() const override { return in_ * out_; }
    size_t tiles() const override { return panels_for<float>(in_) * panels_for<float>(out_); }
    double tile_cost(size_t) const override { return 1; }
    void update(size_t, const Panels<float>&, const Panels<float>&, size_t rows, const Update<float>&) override {
        updates += static_cast<double>(rows * in_ * out_) / static_cast<double>(tiles());
    }

  private:
    size_t in_, out_;
};

struct Counted {
    double most_products = 0, most_updates = 0;  // multiply-adds of a member that has no fewer than others
    double all_products = 0, all_updates = 0;
    int barriers = 0;  // that a member of the first group passes
};

// Runs body(sharing) on the members of a team.
template <class Body>
void share(const Arrangement& arrangement, std::vector<Barrier>& groups, const Body& body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < arrangement.members; ++i)
        threads.emplace_back([&, i] { body(Sharing(Member{i, arrangement.members}, arrangement, groups.data())); });
    for (std::thread& thread : threads) thread.join();
}

Counted run(const std::vector<size_t>& widths, size_t rows, const Arrangement& arrangement) {
    std::vector<std::shared_ptr<Op<float>>> ops;
    for (size_t i = 0; i + 1 < widths.size(); ++i) ops.push_back(std::make_shared<Counter>(widths[i], widths[i + 1]));
    const auto network = std::make_shared<const Network<float>>(ops, widths[0]);
    Optimizer optimizer("SGD", {0.1, 0.0});
    optimizer.bind(*network);
    Plan<float> plan(network, rows, PlanFor::training);
    plan.expect_dense(arrangement.first_divided ? arrangement.members : 1);
    plan.begin(arrangement.members);
    Barrier all;
    Failure failure;
    std::vector<Barrier> groups(arrangement.groups());
    std::vector<double> of_products(arrangement.members), of_updates(arrangement.members);
    share(arrangement, groups, [&](const Sharing& sharing) {
        products = updates = 0;
        plan.forward_pass(
            {rows, nullptr, nullptr, all, failure}, sharing, [](Rows) {},
            [&](Rows own) { plan.backward(own, sharing); });
        all.wait(arrangement.members);
        plan.update(sharing, rows, optimizer, nullptr);
        all.wait(arrangement.members);
        of_products[sharing.member.index] = products, of_updates[sharing.member.index] = updates;
    });
    Counted counted;
    counted.most_products = *std::max_element(of_products.begin(), of_products.end());
    counted.most_updates = *std::max_element(of_updates.begin(), of_updates.end());
    for (const double n : of_products) counted.all_products += n;
    for (const double n : of_updates) counted.all_updates += n;
    counted.barriers = static_cast<int>(all.passed() + groups.front().passed());
    return counted;
}

std::vector<Arrangement> arrangements(int members) {
    std::vector<Arrangement> all = {{members, 1}, {members, 1, true}};
    for (int group = 2; group <= members; group *= 2) all.push_back({members, group});
    return all;
}

double all_updates(const std::vector<size_t>& widths, size_t rows) {
    double all = 0;
    for (size_t i = 0; i + 1 < widths.size(); ++i) all += static_cast<double>(rows * widths[i] * widths[i + 1]);
    return all;
}

std::vector<LayerSize> layers_of(const std::vector<size_t>& widths) {
    std::vector<LayerSize> layers;
    for (size_t i = 0; i + 1 < widths.size(); ++i) layers.push_back({widths[i], widths[i + 1], panel_width<float>});
    return layers;
}

// When the first layer is divided.
void test_first_layer(Report& report) {
    const Ways rows_or_first{false, true}, any{true, true};
    const auto divides = [](const std::vector<size_t>& widths, size_t rows, int members, Ways ways) {
        return arrange(layers_of(widths), rows, members, PlanFor::training, ways).first_divided;
    };
    report.at("planner of first layers");
    report.check(divides({784, 128, 64, 10}, 32, 2, any), "wide inputs, few rows, and yet not divided");
    report.check(!divides({784, 128, 64, 10}, 32, 2, {}), "divided, though it cannot be");
    report.check(!divides({784, 128, 64, 10}, 500, 2, any), "divided, though a batch does not fit L2");
    report.check(!divides({784, 32, 10}, 8, 2, any), "divided among more members than panels");
    report.check(!divides({784, 512, 512, 10}, 8, 2, any), "divided, where columns are faster");
    report.check(divides({784, 512, 512, 10}, 8, 2, rows_or_first), "columns are not possible, and rows were chosen");

    const auto linear = [] { return std::make_shared<Linear<float>>(70, 70, true); };
    const auto tanh = [] { return std::make_shared<Activation<float>>("Tanh", std::vector<double>{}, ""); };
    using Ops = std::vector<std::shared_ptr<Op<float>>>;
    for (const auto& [ops, possible] : {std::pair{Ops{linear(), tanh()}, true},
                                        {Ops{tanh(), linear()}, false},
                                        {Ops{std::make_shared<RowFunction<float>>("Softmax"), linear()}, false}}) {
        const auto network = std::make_shared<const Network<float>>(ops, 70);
        report.check(Plan<float>(network, 8, PlanFor::training).can_divide_first() == possible,
                     "a wrong word on whether the first layer can be divided");
        report.check(!Plan<float>(network, 8, PlanFor::input_gradient).can_divide_first(),
                     "divided, though the input has a gradient");
    }
}

// The weights after two steps of a network on rows that take more than one block. before: an activation of the input.
std::vector<float> trained(const Arrangement& arrangement, bool before) {
    constexpr size_t rows = 300;
    std::vector<std::shared_ptr<Op<float>>> ops = {
        std::make_shared<Linear<float>>(70, 130, true),
        std::make_shared<Activation<float>>("GELU", std::vector<double>{0}, ""),
        std::make_shared<RowFunction<float>>("Softmax"),
        std::make_shared<Linear<float>>(130, 33, true),
    };
    if (before) ops.insert(ops.begin(), std::make_shared<Activation<float>>("Tanh", std::vector<double>{}, ""));
    const auto network = std::make_shared<const Network<float>>(ops, 70);
    Numbers numbers(1);
    for (const auto& head : network->heads())
        for (size_t i = 0; i < head->parameter_count(); ++i)
            head->parameter_data()[i] = static_cast<float>(numbers.uniform(-0.3, 0.3));
    Optimizer optimizer("SGD", {0.1, 0.0});
    optimizer.bind(*network);
    Plan<float> plan(network, rows, PlanFor::training);
    plan.expect_dense(arrangement.first_divided ? arrangement.members : 1);
    plan.begin(arrangement.members);
    for (const Panels<float>& panels : {plan.input(), plan.output_delta()})
        for (size_t i = 0; i < panels.count() * panels.stride * panel_width<float>; ++i)
            panels.data[i] = static_cast<float>(numbers.uniform(-0.3, 0.3));
    Barrier all;
    Failure failure;
    std::vector<Barrier> groups(arrangement.groups());
    share(arrangement, groups, [&](const Sharing& sharing) {
        const auto input = [&](Rows some) {
            const Panels<float>&from = plan.input(), &to = plan.input(sharing);
            if (from.data == to.data) return;
            for (size_t p = 0; p < to.count(); ++p)
                std::copy_n(from.at(p, some.begin), some.size() * panel_width<float>, to.at(p, some.begin));
        };
        float scalars[defs::max_step_scalars];
        for (int step = 1; step <= 2; ++step) {
            plan.forward_pass({rows, nullptr, nullptr, all, failure}, sharing, input,
                              [&](Rows block) { plan.backward(block, sharing); });
            all.wait(arrangement.members);
            optimizer.scalars(step, nullptr, scalars);
            plan.update(sharing, rows, optimizer, scalars);
            all.wait(arrangement.members);
        }
    });
    std::vector<float> weights;
    for (const auto& head : network->heads())
        for (const ParameterShape& shape : head->parameters()) {
            weights.resize(weights.size() + shape.size());
            head->unpack(head->parameter_data(), shape.name, weights.data() + weights.size() - shape.size());
        }
    return weights;
}

}  // namespace

void test_arrangement(Report& report) {
    const std::vector<size_t> nets[] = {{64, 64}, {256, 128, 64, 32}, {512, 512, 512, 512, 64}, {64, 96, 64}};
    for (const auto& widths : nets)
        for (const size_t rows : {size_t{1}, size_t{8}, size_t{64}})
            for (const int members : {1, 2, 4, 8})
                for (const Arrangement& arrangement : arrangements(members)) {
                    if (rows % arrangement.groups() != 0) continue;
                    report.at("arrangement of %zu x %zu.. for %zu rows: %d members, groups of %d%s", widths[0],
                              widths[1], rows, members, arrangement.group,
                              arrangement.first_divided ? ", first layer divided" : "");
                    const Counted counted = run(widths, rows, arrangement);
                    const Cost cost = cost_of(layers_of(widths), rows, arrangement, PlanFor::training);
                    report.check(members == 1 || cost.barriers == counted.barriers, "another number of barriers");
                    report.check(counted.all_updates == all_updates(widths, rows), "not all updates");
                    const double tile = members == 1 ? 0 : static_cast<double>(rows) * 32 * 32;
                    // Of a panel that members share, one of them has a row more.
                    const double row = arrangement.first_divided ? static_cast<double>(widths[0]) * 32 : 0;
                    report.check(
                        std::abs(cost.multiply_adds - counted.most_products - counted.most_updates) <= tile / 2 + row,
                        "another number of multiply-adds");
                    const Cost alone = cost_of(layers_of(widths), rows, {1, 1}, PlanFor::training);
                    report.check(counted.all_products + counted.all_updates == alone.multiply_adds,
                                 "more or less work than one member has");
                }
    const auto layers = layers_of({784, 512, 512, 10});
    for (const size_t rows : {1, 16, 100, 1000})
        for (const int most : {1, 2, 3, 6, 16, 64}) {
            report.at("planner for %zu rows, at most %d members", rows, most);
            const Arrangement best = arrange_at_most(layers, rows, most, PlanFor::training);
            const double least = cost_of(layers, rows, best, PlanFor::training).seconds;
            report.check(best.members <= most && best.members % best.group == 0 && !best.first_divided, "it cannot be");
            for (int members = most; members > 0; members /= 2)
                for (int group = 1; group <= members; ++group)
                    report.check(members % group != 0 ||
                                     0.97 * least <= cost_of(layers, rows, {members, group}, PlanFor::training).seconds,
                                 "there is a clearly faster one");
        }
    test_first_layer(report);
    for (const bool before : {true, false}) {
        const std::vector<float> alone = trained({}, before);
        std::vector<Arrangement> ways = {{2, 1}, {2, 2}, {4, 2}, {6, 3}, {3, 3}, {8, 8}};
        if (!before) ways.insert(ways.end(), {{1, 1, true}, {2, 1, true}, {3, 1, true}, {8, 1, true}});
        for (const Arrangement& way : ways) {
            report.at("training on %d members, groups of %d%s", way.members, way.group,
                      way.first_divided ? ", first layer divided" : "");
            report.check(trained(way, before) == alone, "other bits than on one member");
        }
    }
}

}  // namespace pynn::test

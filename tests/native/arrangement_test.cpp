// The planner: what it expects of a pass is what the plan does, and it takes the arrangement that it expects to be fastest.
#include "nn/arrangement.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include "nn/optimizer.hpp"
#include "nn/plan.hpp"
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
    void backward(const Panels<float>& delta, const Panels<float>&, const Panels<float>& delta_x, Rows rows,
                  size_t first, size_t last, const BackwardMemory<float>&) const override {
        products += static_cast<double>(rows.size() * delta.n * delta_x.live(first, last));
    }
    size_t panels_at_once(size_t) const override { return 1; }
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
    double busiest = 0;  // multiply-adds of the products of a member that has no fewer than others
    double all_products = 0, all_updates = 0;
    int barriers = 0;  // that a member of the first group passes
};

Counted run(const std::vector<size_t>& widths, size_t rows, const Arrangement& arrangement) {
    std::vector<std::shared_ptr<Op<float>>> ops;
    for (size_t i = 0; i + 1 < widths.size(); ++i) ops.push_back(std::make_shared<Counter>(widths[i], widths[i + 1]));
    const auto network = std::make_shared<const Network<float>>(ops, widths[0]);
    Optimizer optimizer("SGD", {0.1, 0.0});
    optimizer.bind(*network);
    Plan<float> plan(network, rows, PlanFor::training);
    plan.begin(arrangement.members);
    Barrier all;
    std::vector<Barrier> groups(arrangement.groups());
    std::vector<double> of_products(arrangement.members), of_updates(arrangement.members);
    std::vector<std::thread> threads;
    for (int i = 0; i < arrangement.members; ++i)
        threads.emplace_back([&, i] {
            products = updates = 0;
            const Sharing sharing(Member{i, arrangement.members}, arrangement.columns, groups.data());
            const Rows own{sharing.rows.begin(rows), sharing.rows.end(rows)};
            plan.forward(own, sharing);
            plan.backward(own, sharing);
            all.wait(arrangement.members);
            plan.update(sharing, rows, optimizer, nullptr);
            all.wait(arrangement.members);
            of_products[i] = products, of_updates[i] = updates;
        });
    for (std::thread& thread : threads) thread.join();
    Counted counted;
    counted.busiest = *std::max_element(of_products.begin(), of_products.end());
    for (const double n : of_products) counted.all_products += n;
    for (const double n : of_updates) counted.all_updates += n;
    counted.barriers = static_cast<int>(all.passed() + groups.front().passed());
    return counted;
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

}  // namespace

void test_arrangement(Report& report) {
    const std::vector<size_t> nets[] = {{64, 64}, {256, 128, 64, 32}, {512, 512, 512, 512, 64}};
    for (const auto& widths : nets)
        for (const size_t rows : {size_t{1}, size_t{8}, size_t{64}})
            for (const int members : {1, 2, 4, 8})
                for (int columns = 1; columns <= members; columns *= 2) {
                    const Arrangement arrangement{members, columns};
                    if (rows % arrangement.groups() != 0) continue;
                    report.at("arrangement of %zu x %zu.. for %zu rows: %d members, groups of %d", widths[0], widths[1],
                              rows, members, columns);
                    const Counted counted = run(widths, rows, arrangement);
                    const Cost cost = cost_of(layers_of(widths), rows, arrangement, PlanFor::training);
                    report.check(members == 1 || cost.barriers == counted.barriers, "another number of barriers");
                    report.check(counted.all_updates == all_updates(widths, rows), "not all updates");
                    report.check(cost.multiply_adds == counted.busiest + counted.all_updates / members,
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
            report.check(best.members <= most && best.members % best.columns == 0, "it cannot be");
            for (int members = most; members > 0; members /= 2)
                for (int columns = 1; columns <= members; ++columns)
                    report.check(
                        members % columns != 0 ||
                            0.97 * least <= cost_of(layers, rows, {members, columns}, PlanFor::training).seconds,
                        "there is a clearly faster one");
        }
}

}  // namespace pynn::test

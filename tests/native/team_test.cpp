// The barrier, with threads of its own so that ThreadSanitizer, which does not know OpenMP, can watch.
#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "core/crowding.hpp"
#include "core/team.hpp"
#include "support.hpp"

namespace pynn::test {
namespace {

// In every phase each member writes its own cell, and after the barrier reads everybody's: a member that passed too early or
// too late would see another phase. Slow members make the others park.
bool everybody_sees_every_phase(int members, int phases, bool slow) {
    Barrier barrier;
    std::vector<int> cells(members), wrong(members);
    const auto member = [&](int index) {
        for (int phase = 1; phase <= phases; ++phase) {
            if (slow && phase % members == index) std::this_thread::sleep_for(std::chrono::microseconds(200));
            cells[index] = phase;
            barrier.wait(members);
            for (const int cell : cells) wrong[index] += cell != phase;
            barrier.wait(members);
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < members; ++i) threads.emplace_back(member, i);
    for (std::thread& thread : threads) thread.join();
    return std::all_of(wrong.begin(), wrong.end(), [](int count) { return count == 0; });
}

void test_crowding(Report& report) {
    report.at("Crowding");
    Crowding crowding;
    report.check(crowding.members(8, 100) == 8, "a new team is not whole");
    report.check(!crowding.record(8, 1, 0.1, 0.1, 100), "an eighth of the time parked is no crowd");
    report.check(!crowding.record(8, 1, 0.01, 0.08, 100), "a short time was judged");
    report.check(crowding.record(8, 1, 0.1, 0.4, 100) && crowding.members(8, 100) == 4, "half of 8 is not tried");
    report.check(!crowding.record(4, 2, 0.1, 0.2, 100.1), "the faster half is changed again");
    report.check(crowding.members(8, 100.3) == 4 && crowding.members(2, 100.3) == 2, "it does not stay with 4");
    report.check(!crowding.record(4, 2, 0.1, 0.4, 100.3), "it does not stay with 4 for a while");
    report.check(crowding.members(8, 100.4) == 8, "the team is not whole again");
    report.check(crowding.record(2, 2, 0.1, 0.2, 101) && crowding.members(2, 101) == 1, "half of 2 is not tried");
    report.check(crowding.record(1, 1, 0.1, 0, 101.1) && crowding.members(2, 101.1) == 2,
                 "it stays with the slower half");
    report.check(!crowding.record(2, 2, 0.1, 0.2, 101.5), "the trial is repeated at once");
    report.check(crowding.record(2, 2, 0.1, 0.2, 101.7), "the trial is never repeated");
    report.check(!crowding.record(1, 3, 0.1, 0, 101.8) && crowding.members(2, 102.7) == 1, "pauses do not grow");
    report.check(!crowding.record(1, 3, 0.1, 0, 103), "one member is changed");
}

}  // namespace

void test_team(Report& report) {
    for (const int members : {1, 2, 3, 8, 33}) {
        report.at("Barrier of %d", members);
        report.check(everybody_sees_every_phase(members, members < 8 ? 5000 : 300, false),
                     "a phase was seen half done");
        report.check(everybody_sees_every_phase(members, 50, true), "a phase was seen half done by parked threads");
    }
    test_crowding(report);
    report.at("run_team");
    int sum = 0;
    run_team(1, [&](Member member) { sum += 10 * member.count + member.index; });
    report.check(sum == 10, "a team of one is not the caller alone");
    const Member third{2, 7};
    report.check(third.begin(100) == 28 && third.end(100) == 42, "a member's part");
}

}  // namespace pynn::test

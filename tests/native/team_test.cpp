// The barrier, with threads of its own so that ThreadSanitizer, which does not know OpenMP, can watch.
#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "core/team.hpp"
#include "core/team_choice.hpp"
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

void test_choice(Report& report) {
    report.at("TeamChoice");
    TeamChoice choice;
    const auto members = [&](int most, double now) { return choice.begin(most, now); };
    // A team of `most` ends at `now` after `steps` in `seconds`, parked for `parked` in all: does it change?
    const auto changes = [&](int most, double now, double steps, double seconds, double parked) {
        choice.begin(most, now - seconds);
        return choice.look(now, steps, parked);
    };
    report.check(members(8, 100) == 8, "a new team is not whole");
    report.check(!changes(8, 100, 1, 0.1, 0.1), "an eighth of the time parked is no crowd");
    report.check(!changes(8, 100, 1, 0.01, 0.08), "a short time was judged");
    report.check(!changes(8, 100, 1, 0.1, 0.4), "one such period is no crowd");
    report.check(!changes(8, 100, 1, 0.1, 0.1) && !changes(8, 100, 1, 0.1, 0.4),
                 "nor are two with a quiet one between");
    report.check(changes(8, 100, 1, 0.1, 0.4) && members(8, 100) == 4, "half of 8 is not tried");
    report.check(!changes(8, 100.1, 2, 0.1, 0.2), "the faster half is changed again");
    report.check(!changes(8, 100.3, 2, 0.1, 0) && members(2, 100.3) == 2, "it does not stay with 4 for a while");
    report.check(changes(8, 100.4, 2, 0.1, 0) && members(8, 100.4) == 8, "twice as many are not tried");
    report.check(!changes(8, 100.5, 0, 0.1, 0), "a team that is still waking up is judged");
    report.check(changes(8, 100.6, 1, 0.1, 0) && members(8, 100.6) == 4, "it stays with the slower eight");
    report.check(!changes(8, 101, 2, 0.1, 0) && changes(8, 101.2, 2, 0.1, 0), "pauses do not grow");
    report.check(!changes(8, 101.3, 0, 0.1, 0) && !changes(8, 101.4, 3, 0.1, 0) && members(8, 101.5) == 8,
                 "it does not stay with the faster eight");

    choice = TeamChoice();
    report.check(changes(2, 100, 2000, 0.1, 0) && members(2, 100) == 1, "half of a team is not tried for short steps");
    report.check(changes(2, 100.1, 1000, 0.1, 0) && members(2, 100.1) == 2, "it stays with the slower half");
    report.check(!changes(2, 100.2, 2000, 0.1, 0), "the trial is repeated at once");
    report.check(changes(2, 100.5, 2000, 0.1, 0), "the trial is never repeated");
    choice = TeamChoice();
    report.check(!changes(1, 100, 2000, 0.1, 0), "one member is changed");
}

}  // namespace

void test_team(Report& report) {
    for (const int members : {1, 2, 3, 8, 33}) {
        report.at("Barrier of %d", members);
        report.check(everybody_sees_every_phase(members, members < 8 ? 5000 : 300, false),
                     "a phase was seen half done");
        report.check(everybody_sees_every_phase(members, 50, true), "a phase was seen half done by parked threads");
    }
    test_choice(report);
    report.at("run_team");
    int sum = 0;
    run_team(1, [&](Member member) { sum += 10 * member.count + member.index; });
    report.check(sum == 10, "a team of one is not the caller alone");
    const Member third{2, 7};
    report.check(third.begin(100) == 28 && third.end(100) == 42, "a member's part");
}

}  // namespace pynn::test

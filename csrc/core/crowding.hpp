// How many of its threads a team should use while other programs want the processors, too.
//
// A member that the system does not run keeps all others waiting at the next barrier: on a busy machine a step of a few
// microseconds then takes a time slice of milliseconds, and one thread is faster than two. So the team looks back every now and
// then. If its members spent much of the time parked, it tries half as many, and stays with what did more work in the time; a
// while later it is whole again, to see whether the crowd is gone. The results are the same bits for any number of threads.
#pragma once

#include <algorithm>

namespace pynn {

class Crowding {
  public:
    static constexpr double look = 0.02;  // seconds looked back over
    static constexpr double suspicious =
        0.15;  // share of the time that a member of an undisturbed team is never parked
    static constexpr double shortest_pause = 0.25, longest_pause = 4;

    // Members to use at time `now` (seconds), of `most`.
    int members(int most, double now) {
        if (now >= until_) limit_ = most;
        return std::min(most, limit_);
    }
    // A team of `members` did some work in `seconds` until `now`; its members were parked for `parked` seconds, all of them
    // together. Says whether the number of members changes.
    bool record(int members, double work, double seconds, double parked, double now) {
        work_ += work;
        seconds_ += seconds;
        parked_ += parked / members;
        if (seconds_ < look) return false;
        const double rate = work_ / seconds_, share = parked_ / seconds_;
        work_ = seconds_ = parked_ = 0;
        if (before_trial_ > 0) return end_trial(members, rate, now);
        if (members == 1 || now < until_) return false;
        if (share < suspicious) {
            pause_ = 0;
            return false;
        }
        before_trial_ = rate;
        pause_ = std::clamp(2 * pause_, shortest_pause, longest_pause);
        return stay_with(members / 2, now);
    }

  private:
    bool end_trial(int members, double rate, double now) {
        const bool better = rate > before_trial_;
        before_trial_ = 0;
        return stay_with(better ? members : 2 * members, now) && !better;
    }
    bool stay_with(int members, double now) {
        limit_ = members;
        until_ = now + pause_;
        return true;
    }

    int limit_ = 1 << 30;
    double until_ = 0, pause_ = 0;
    double before_trial_ = 0;                     // the rate of the whole team, while half of it is tried
    double work_ = 0, seconds_ = 0, parked_ = 0;  // since the last look; parked by each member
};

}  // namespace pynn

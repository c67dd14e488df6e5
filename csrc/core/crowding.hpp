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
    static constexpr double period = 0.02;  // seconds looked back over
    // Share of the time that a member of an undisturbed team is never parked.
    static constexpr double suspicious = 0.15;
    // One such period may be the start of a team, or the last of somebody's work; this many in a row are a crowd.
    static constexpr int enough = 2;
    static constexpr double shortest_pause = 0.1, longest_pause = 1;

    // A team begins to work at time `now` (seconds). Returns how many members it should have, of `most`.
    int begin(int most, double now) {
        if (now >= until_) limit_ = most;
        members_ = std::min(most, limit_);
        last_ = {now, 0, 0};
        return members_;
    }
    // Until `now` it did `work`, and its members were parked for `parked` seconds, all of them together. Says whether the number
    // of members should change.
    bool look(double now, double work, double parked) {
        seconds_ += now - last_.now;
        work_ += work - last_.work;
        parked_ += (parked - last_.parked) / members_;
        last_ = {now, work, parked};
        if (seconds_ < period) return false;
        const double rate = work_ / seconds_, share = parked_ / seconds_;
        work_ = seconds_ = parked_ = 0;
        if (before_trial_ > 0) return end_trial(rate, now);
        if (members_ == 1 || now < until_) return false;
        suspicions_ = share < suspicious ? 0 : suspicions_ + 1;
        if (suspicions_ == 0) pause_ = 0;
        if (suspicions_ < enough) return false;
        suspicions_ = 0;
        before_trial_ = rate;
        pause_ = std::clamp(2 * pause_, shortest_pause, longest_pause);
        return stay_with(members_ / 2, now);
    }

  private:
    bool end_trial(double rate, double now) {
        const bool better = rate > before_trial_;
        before_trial_ = 0;
        return stay_with(better ? members_ : 2 * members_, now) && !better;
    }
    bool stay_with(int members, double now) {
        limit_ = members;
        until_ = now + pause_;
        return true;
    }

    struct Moment {
        double now, work, parked;
    } last_{};
    int limit_ = 1 << 30, members_ = 1;
    int suspicions_ = 0;  // periods in a row that looked crowded
    double until_ = 0, pause_ = 0;
    double before_trial_ = 0;                     // the rate of the whole team, while half of it is tried
    double work_ = 0, seconds_ = 0, parked_ = 0;  // since the last judgement; parked by each member
};

}  // namespace pynn

// How many of its threads a team should use: found out by trying, because it cannot be known.
//
// Two things make a smaller team the faster one. Where other programs want the processors too, a member that the system does
// not run keeps all others waiting at the next barrier: a step of a few microseconds then takes a time slice of milliseconds. And
// where processors are far apart (other caches, other sockets), short steps spend their time handing data over. So every now and
// then the team looks back; if its members spent much of the time parked, or its steps are short, it tries half as many for a
// while and stays with what did more steps in the time. A smaller team tries twice as many. The results are the same bits
// for any number of threads.
#pragma once

#include <algorithm>

namespace pynn {

class TeamChoice {
  public:
    static constexpr double period = 0.02;      // seconds looked back over, and of a trial
    static constexpr double short_step = 2e-4;  // seconds
    // Share of the time that a member of an undisturbed team is never parked. One such period may be the start of a team, or the
    // last of somebody's work; `enough` in a row are a crowd.
    static constexpr double suspicious = 0.15;
    static constexpr int enough = 2;
    // Seconds to the next trial; they grow while trials fail.
    static constexpr double shortest_pause = 0.25, longest_pause = 2;

    // A team begins to work at time `now` (seconds). Returns how many members it should have, of `most`.
    int begin(int most, double now) {
        most_ = most;
        members_ = std::min(most, limit_);
        last_ = {now, 0, 0};
        return members_;
    }
    // Until `now` it did `steps`, and its members were parked for `parked` seconds, all of them together. Says whether the number
    // of members should change.
    bool look(double now, double steps, double parked) {
        seconds_ += now - last_.now;
        steps_ += steps - last_.steps;
        parked_ += (parked - last_.parked) / members_;
        last_ = {now, steps, parked};
        if (seconds_ < period) return false;
        const double rate = steps_ / seconds_, share = parked_ / seconds_;
        steps_ = seconds_ = parked_ = 0;
        if (waking_) return waking_ = false;
        if (before_.members > 0) return end_trial(rate, now);
        crowded_ = share < suspicious ? 0 : crowded_ + 1;
        return now >= until_ && begin_trial(rate);
    }

  private:
    bool begin_trial(double rate) {
        const bool whole = members_ == most_, doubtful = crowded_ >= enough || rate * short_step > 1;
        if (whole && (most_ == 1 || !doubtful)) return false;
        before_ = {members_, rate};
        limit_ = whole ? members_ / 2 : 2 * members_;
        waking_ = !whole;
        return true;
    }
    bool end_trial(double rate, double now) {
        const bool better = rate > before_.rate;
        if (!better) limit_ = before_.members;
        pause_ = better ? shortest_pause : std::clamp(2 * pause_, shortest_pause, longest_pause);
        until_ = now + pause_;
        before_ = {};
        crowded_ = 0;
        return !better;
    }

    struct Moment {
        double now, steps, parked;
    } last_{};
    int most_ = 1, limit_ = 1 << 30, members_ = 1;
    struct Team {
        int members = 0;
        double rate = 0;
    } before_;             // the team before a trial, during one
    bool waking_ = false;  // the first period of a larger team, which is not judged
    int crowded_ = 0;      // periods in a row that looked crowded
    double until_ = 0, pause_ = 0;
    double steps_ = 0, seconds_ = 0, parked_ = 0;  // since the last judgement; parked by each member
};

}  // namespace pynn

// Tests of the kernels of every level that this machine can run, or of the levels named on the command line, and of the team.
// Prints a hash of each level's results, which is the same on avx2, avx512 and neon, and at last `N passed, M failed`;
// the exit status is 1 if anything failed.
#include <cinttypes>
#include <csignal>
#include <string>
#include <vector>

#include "core/levels.hpp"
#include "support.hpp"

namespace {

pynn::test::Report report;

// A guard page was touched: say by whom. Only what a signal handler may call.
void on_fault(int) {
    const char* parts[] = {"FAULT in ", report.where, "\n"};
    for (const char* part : parts)
        if (write(STDOUT_FILENO, part, std::strlen(part)) < 0) break;
    _exit(1);
}

void test_level(const std::string& name) {
    pynn::set_level("scalar");
    const pynn::Table& reference = pynn::active_table();
    pynn::set_level(name);
    report.at("%s", name.c_str());
    report.check(pynn::active_level() == name, "the level is not active");
    const size_t before = report.passed;
    const pynn::test::Subject subject{name.c_str(), pynn::active_table(), reference, name != "scalar"};
    pynn::test::test_vector_maths(subject, report);
    pynn::test::test_products(subject, report);
    pynn::test::test_spans(subject, report);
    pynn::test::test_rows(subject, report);
    std::printf("%s: %zu checks, bits %016" PRIx64 "\n", name.c_str(), report.passed - before, report.take_digest());
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGSEGV, on_fault);
    std::signal(SIGBUS, on_fault);
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    const std::vector<std::string> named(argv + 1, argv + argc);
    for (const std::string& name : named.empty() ? pynn::supported_levels() : named) test_level(name);
    pynn::test::test_team(report);
    pynn::test::test_arrangement(report);
    std::printf("%zu passed, %zu failed\n", report.passed, report.failed);
    return report.failed == 0 ? 0 : 1;
}

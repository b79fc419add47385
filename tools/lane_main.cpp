// kx-lane: a software lane that stays up for many commands. The test suites use it through tools/lane.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "lane_keeper.hpp"
#include "toolstack/lane.hpp"

namespace kx {

[[noreturn]] void verify_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "kx-lane: bug: %s:%d: %s\n", file, line, expression);
  std::abort();
}

}  // namespace kx

namespace {

constexpr const char* usage =
    "usage: kx-lane keep SOCKET [--cpus N] [--memory MIB]   start a lane, serve commands until SIGTERM\n"
    "       kx-lane exec [--timeout SECONDS] [--] COMMAND [ARG...]\n"
    "                                                       run a command, in the lane of $KX_LANE_SOCKET if set\n";

constexpr int exit_status_usage = 2;

int report(const kx::lane::LaneError& error) {
  std::fprintf(stderr, "kx-lane: %s\n", error.message.c_str());
  return error.exit_status;
}

// The caller waits for this line or for the end of the process.
void say_ready() {
  std::puts("ready");
  std::fflush(stdout);
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(null, STDOUT_FILENO);
  close(null);
}

// The value of an option that takes a number, or false.
bool take_number(const std::vector<std::string>& arguments, std::size_t& index, std::string_view name, double& value) {
  if (arguments[index] != name || index + 1 >= arguments.size()) {
    return false;
  }
  char* end = nullptr;
  value = std::strtod(arguments[index + 1].c_str(), &end);
  index += 2;
  return *end == '\0' && value > 0;
}

int keep(const std::vector<std::string>& arguments) {
  kx::lane::MachineOptions options;
  for (std::size_t i = 1; i < arguments.size();) {
    double value = 0;
    if (take_number(arguments, i, "--cpus", value)) {
      options.cpus = static_cast<unsigned>(value);
    } else if (take_number(arguments, i, "--memory", value)) {
      options.memory_mib = static_cast<std::uint64_t>(value);
    } else {
      std::fputs(usage, stderr);
      return exit_status_usage;
    }
  }
  if (auto result = kx::lane::keep_lane(arguments[0], options, say_ready); !result) {
    return report(result.error());
  }
  return 0;
}

int exec(std::vector<std::string> arguments) {
  double timeout = 0;
  std::size_t first = 0;
  if (!arguments.empty() && take_number(arguments, first, "--timeout", timeout)) {
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  if (!arguments.empty() && arguments[0] == "--") {
    arguments.erase(arguments.begin());
  }
  if (arguments.empty()) {
    std::fputs(usage, stderr);
    return exit_status_usage;
  }
  kx::lane::LaneRequest request = kx::lane::request_like_this_process(std::move(arguments));
  constexpr double ms_per_s = 1000;
  request.timeout = std::chrono::milliseconds{static_cast<long>(timeout * ms_per_s)};
  auto status = kx::lane::run_in_software_lane(request);
  return status ? *status : report(status.error());
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments{argv + 1, argv + argc};
  const std::string verb = arguments.empty() ? "" : arguments[0];
  if (!arguments.empty()) {
    arguments.erase(arguments.begin());
  }
  if (verb == "keep" && !arguments.empty()) {
    return keep(arguments);
  }
  if (verb == "exec") {
    return exec(std::move(arguments));
  }
  std::fputs(usage, stderr);
  return exit_status_usage;
}

// C++ with exceptions through several frames and threads, iostreams, RTTI, locales, regular expressions and futures.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Guard {
  explicit Guard(std::string name) : name_(std::move(name)) { std::cout << "enter " << name_ << '\n'; }
  ~Guard() { std::cout << "leave " << name_ << '\n'; }
  std::string name_;
};

struct Shape {
  virtual ~Shape() = default;
};
struct Circle : Shape {};
struct Square : Shape {};

int depth(int levels) {
  const Guard guard("level " + std::to_string(levels));
  if (levels == 0) {
    throw std::out_of_range("the bottom");
  }
  return depth(levels - 1) + 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  try {
    depth(3);
  } catch (const std::logic_error& error) {
    std::cout << "caught " << error.what() << '\n';
  }
  try {
    const std::unique_ptr<Shape> shape = std::make_unique<Circle>();
    dynamic_cast<Square&>(*shape);
  } catch (const std::bad_cast& error) {
    std::cout << error.what() << '\n';
  }
  auto future = std::async(std::launch::async, [] { return depth(1); });
  try {
    future.get();
  } catch (const std::exception& error) {
    std::cout << "from a thread: " << error.what() << '\n';
  }
  try {
    std::vector<int>().at(5);
  } catch (...) {
    std::cout << "something else\n";
  }
  std::map<std::string, int> counts;
  std::ifstream input(argc > 1 ? argv[1] : "/dev/null");
  for (std::string word; input >> word;) {
    ++counts[word];
  }
  for (const auto& [word, count] : counts) {
    std::cout << std::setw(20) << std::left << word << std::right << std::setw(8) << count << '\n';
  }
  std::ofstream("out.txt") << std::hex << std::showbase << 48879 << ' ' << std::setprecision(20) << 1.0 / 3 << '\n';
  std::cout << std::filesystem::file_size("out.txt") << ' ' << std::filesystem::exists("none") << '\n';
  const std::string text = "ab12cd345";
  std::cout << std::regex_replace(text, std::regex("[0-9]+"), "<$&>") << '\n';
  std::vector<std::thread> crew;
  std::vector<long> sums(4);
  for (int number = 0; number < 4; ++number) {
    crew.emplace_back([&sums, number] {
      for (long value = 0; value < 100000; ++value) {
        sums[static_cast<std::size_t>(number)] += value % (number + 2);
      }
    });
  }
  std::ranges::for_each(crew, &std::thread::join);
  std::cout << std::accumulate(sums.begin(), sums.end(), 0L) << std::endl;
  throw std::runtime_error("nobody catches this");
}

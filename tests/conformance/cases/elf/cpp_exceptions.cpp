// C++: exceptions through several frames, destructors, iostreams, static objects: the Itanium C++ ABI.
// flags: -Wno-unused-function
#define KX_CASE_OWN_MAIN
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

struct Tracer {
  explicit Tracer(std::string text) : text_(std::move(text)) { std::cout << "made " << text_ << std::endl; }
  ~Tracer() { std::cout << "gone " << text_ << std::endl; }
  std::string text_;
};

static Tracer global("global");

static int descend(int depth) {
  Tracer tracer("depth " + std::to_string(depth));
  if (depth == 3) throw std::runtime_error("from depth 3");
  return descend(depth + 1) + 1;
}

int main() {
  try {
    descend(0);
  } catch (const std::exception& error) {
    std::cout << "caught " << error.what() << std::endl;
  }
  long caught = 0;
  for (int i = 0; i < 1000; i++) try {
      std::vector<int>(3).at(static_cast<size_t>(i % 6));
    } catch (const std::out_of_range&) {
      caught++;
    }
  std::map<std::string, int> words;
  for (const char* word : {"one", "two", "one"}) words[word]++;
  for (const auto& [word, count] : words) std::cout << word << ' ' << count << '\n';
  std::cout << "caught " << caught << std::endl;
  std::cerr << "to standard error" << std::endl;
}

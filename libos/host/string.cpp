// The C string functions the library OS uses; there is no C library beneath it. memcpy and its kind are in entry.S.
#include <cstddef>

// The compiler must not recognise these loops as the functions they implement.
#pragma GCC optimize("no-tree-loop-distribute-patterns")

extern "C" {

std::size_t strlen(const char* text) {
  std::size_t size = 0;
  while (text[size] != 0) {
    ++size;
  }
  return size;
}

int strncmp(const char* a, const char* b, std::size_t limit) {
  for (std::size_t i = 0; i < limit; ++i) {
    if (a[i] != b[i] || a[i] == 0) {
      return static_cast<unsigned char>(a[i]) - static_cast<unsigned char>(b[i]);
    }
  }
  return 0;
}

int strcmp(const char* a, const char* b) {
  return strncmp(a, b, ~std::size_t{0});
}

char* strncpy(char* to, const char* from, std::size_t size) {
  std::size_t i = 0;
  for (; i < size && from[i] != 0; ++i) {
    to[i] = from[i];
  }
  for (; i < size; ++i) {
    to[i] = 0;
  }
  return to;
}

char* strchr(const char* text, int wanted) {
  for (;; ++text) {
    if (*text == static_cast<char>(wanted)) {
      return const_cast<char*>(text);
    }
    if (*text == 0) {
      return nullptr;
    }
  }
}

char* strrchr(const char* text, int wanted) {
  const char* found = nullptr;
  for (;; ++text) {
    if (*text == static_cast<char>(wanted)) {
      found = text;
    }
    if (*text == 0) {
      return const_cast<char*>(found);
    }
  }
}

}  // extern "C"

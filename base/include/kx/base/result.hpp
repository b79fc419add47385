// Result<T, E>: a value or an error, with std::expected's member names, usable without a C++ runtime.
#pragma once

#include <kx/base/verify.hpp>
#include <new>
#include <type_traits>
#include <utility>

namespace kx {

template <class E>
struct Unexpected {
  E error;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : has_value_(true) { ::new (&value_) T(std::move(value)); }
  Result(Unexpected<E> u) : has_value_(false) { ::new (&error_) E(std::move(u.error)); }
  Result(Result&& other) noexcept : has_value_(other.has_value_) {
    if (has_value_) {
      ::new (&value_) T(std::move(other.value_));
    } else {
      ::new (&error_) E(std::move(other.error_));
    }
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  Result& operator=(Result&&) = delete;
  ~Result() {
    if (has_value_) {
      value_.~T();
    } else {
      error_.~E();
    }
  }

  [[nodiscard]] bool has_value() const { return has_value_; }
  explicit operator bool() const { return has_value_; }
  T& value() & { return KX_VERIFY(has_value_), value_; }
  const T& value() const& { return KX_VERIFY(has_value_), value_; }
  T&& value() && { return KX_VERIFY(has_value_), std::move(value_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  E& error() & { return KX_VERIFY(!has_value_), error_; }
  const E& error() const& { return KX_VERIFY(!has_value_), error_; }
  E&& error() && { return KX_VERIFY(!has_value_), std::move(error_); }

 private:
  bool has_value_;
  union {
    T value_;
    E error_;
  };
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() : has_value_(true) {}
  Result(Unexpected<E> u) : has_value_(false) { ::new (&error_) E(std::move(u.error)); }
  Result(Result&& other) noexcept : has_value_(other.has_value_) {
    if (!has_value_) {
      ::new (&error_) E(std::move(other.error_));
    }
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  Result& operator=(Result&&) = delete;
  ~Result() {
    if (!has_value_) {
      error_.~E();
    }
  }

  [[nodiscard]] bool has_value() const { return has_value_; }
  explicit operator bool() const { return has_value_; }
  void value() const { KX_VERIFY(has_value_); }
  E& error() & { return KX_VERIFY(!has_value_), error_; }
  const E& error() const& { return KX_VERIFY(!has_value_), error_; }
  E&& error() && { return KX_VERIFY(!has_value_), std::move(error_); }

 private:
  bool has_value_;
  union {
    char none_ = 0;
    E error_;
  };
};

}  // namespace kx

#define KX_CONCAT_INNER(a, b) a##b
#define KX_CONCAT(a, b) KX_CONCAT_INNER(a, b)

// KX_TRY(expr): returns the error of a Result<void, E> to the caller.
#define KX_TRY(expr)                                           \
  do {                                                         \
    auto kx_try_result = (expr);                               \
    if (!kx_try_result) {                                      \
      return kx::Unexpected{std::move(kx_try_result).error()}; \
    }                                                          \
  } while (false)

// KX_TRY_ASSIGN(auto x, expr): x is the value, or the error is returned to the caller.
#define KX_TRY_ASSIGN(decl, expr) KX_TRY_ASSIGN_INNER(decl, expr, KX_CONCAT(kx_try_, __LINE__))
#define KX_TRY_ASSIGN_INNER(decl, expr, tmp)       \
  auto tmp = (expr);                               \
  if (!tmp) {                                      \
    return kx::Unexpected{std::move(tmp).error()}; \
  }                                                \
  decl = std::move(tmp).value()

// Keys and detached signatures of libraries: Ed25519 over the hash of a file's content, as text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hypervisor/error.hpp"
#include "hypervisor/libraries/content_hash.hpp"

namespace kx::hv::libraries {

// Where a file's signature lies: beside it, under its name with this behind.
inline constexpr std::string_view signature_suffix = ".kxsig";
// A text of a key or a signature is shorter.
inline constexpr std::size_t most_text_size = 4096;

// Names a key: a hash of its public half. It is no secret, and proves nothing.
using KeyId = std::array<unsigned char, 8>;
std::string to_text(const KeyId& id);

struct PublicKey {
  std::array<unsigned char, 32> bytes{};
  [[nodiscard]] KeyId id() const;
};

// Wiped when it goes.
struct SecretKey {
  std::array<unsigned char, 64> bytes{};  // the seed and the public half
  SecretKey() = default;
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();
  [[nodiscard]] PublicKey public_key() const;
};

struct Signature {
  KeyId key{};
  std::array<unsigned char, 64> bytes{};
};

// To be called before anything else here. Errors: there is no source of random numbers.
Result<void> start_cryptography();

SecretKey make_key();
Signature sign(const ContentHash& hash, const SecretKey& key);
bool verify(const ContentHash& hash, const Signature& signature, const PublicKey& key);

// Each kind has a first line that says what it is and its version, then lines of "name: value".
std::string to_text(const PublicKey& key);
std::string to_text(const SecretKey& key);
std::string to_text(const Signature& signature);
// Nothing for a text that is not exactly what to_text() makes.
std::optional<PublicKey> parse_public_key(std::string_view text);
std::optional<SecretKey> parse_secret_key(std::string_view text);
std::optional<Signature> parse_signature(std::string_view text);

// The text of a small file; `what` names it in errors: "the key vendor.pub". A file that is no regular one or is longer
// than `limit` bytes is an error.
Result<std::string> read_text(int directory, const std::string& path, std::string_view what,
                              std::size_t limit = most_text_size);

}  // namespace kx::hv::libraries

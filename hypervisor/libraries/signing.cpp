#include "hypervisor/libraries/signing.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <kx/base/verify.hpp>
#include <span>
#include <vector>

#include "hypervisor/unique_fd.hpp"

namespace kx::hv::libraries {

namespace {

constexpr std::string_view public_head = "kylinx public key 1";
constexpr std::string_view secret_head = "kylinx secret key 1";
constexpr std::string_view signature_head = "kylinx signature 1";
constexpr std::string_view algorithm = "ed25519 blake2b-tree-64k";
// What is signed begins with this, so that no other use of the key makes a signature that counts here.
constexpr std::string_view purpose = "kylinx library signature, version 1\n";

struct Field {
  std::string_view name;
  std::string value;
};

std::string compose(std::string_view head, const std::vector<Field>& fields) {
  std::string text(head);
  text += '\n';
  for (const Field& field : fields) {
    text.append(field.name).append(": ").append(field.value).append("\n");
  }
  return text;
}

// The values of the fields, which are to be exactly these; none if anything differs.
std::vector<std::string_view> dissect(std::string_view text, std::string_view head,
                                      std::initializer_list<std::string_view> names) {
  const auto take_line = [&]() -> std::optional<std::string_view> {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
  };
  if (take_line() != head) {
    return {};
  }
  std::vector<std::string_view> values;
  for (const std::string_view name : names) {
    const auto line = take_line();
    if (!line || !line->starts_with(name) || !line->substr(name.size()).starts_with(": ")) {
      return {};
    }
    values.push_back(line->substr(name.size() + 2));
  }
  return text.empty() ? values : std::vector<std::string_view>{};
}

constexpr int base64 = sodium_base64_VARIANT_ORIGINAL;

template <std::size_t size>
std::string encode(const std::array<unsigned char, size>& bytes) {
  std::string text(sodium_base64_encoded_len(size, base64), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), size, base64);
  text.pop_back();  // the NUL
  return text;
}

template <std::size_t size>
bool decode(std::string_view text, std::array<unsigned char, size>& bytes) {
  std::size_t length = 0;
  const char* end = nullptr;
  return sodium_base642bin(bytes.data(), size, text.data(), text.size(), nullptr, &length, &end, base64) == 0 &&
         length == size && end == text.data() + text.size();
}

bool decode(std::string_view text, KeyId& id) {
  std::size_t length = 0;
  const char* end = nullptr;
  return sodium_hex2bin(id.data(), id.size(), text.data(), text.size(), nullptr, &length, &end) == 0 &&
         length == id.size() && end == text.data() + text.size();
}

std::array<unsigned char, purpose.size() + sizeof(ContentHash)> message(const ContentHash& hash) {
  std::array<unsigned char, purpose.size() + sizeof(ContentHash)> text{};
  std::ranges::copy(hash, std::ranges::copy(purpose, text.begin()).out);
  return text;
}

}  // namespace

Result<void> start_cryptography() {
  if (::sodium_init() < 0) {
    return Unexpected{make_error(ErrorKind::System, "libsodium cannot start: no random numbers")};
  }
  return {};
}

KeyId PublicKey::id() const {
  KeyId id;
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  const int failed = crypto_generichash(hash.data(), hash.size(), bytes.data(), bytes.size(), nullptr, 0);
  KX_VERIFY(failed == 0);
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

SecretKey::~SecretKey() {
  sodium_memzero(bytes.data(), bytes.size());
}

PublicKey SecretKey::public_key() const {
  PublicKey key;
  crypto_sign_ed25519_sk_to_pk(key.bytes.data(), bytes.data());
  return key;
}

SecretKey make_key() {
  SecretKey secret;
  PublicKey unused;
  crypto_sign_ed25519_keypair(unused.bytes.data(), secret.bytes.data());
  return secret;
}

Signature sign(const ContentHash& hash, const SecretKey& key) {
  Signature signature{key.public_key().id(), {}};
  const auto text = message(hash);
  crypto_sign_ed25519_detached(signature.bytes.data(), nullptr, text.data(), text.size(), key.bytes.data());
  return signature;
}

bool verify(const ContentHash& hash, const Signature& signature, const PublicKey& key) {
  const auto text = message(hash);
  return signature.key == key.id() &&
         crypto_sign_ed25519_verify_detached(signature.bytes.data(), text.data(), text.size(), key.bytes.data()) == 0;
}

std::string to_text(const KeyId& id) {
  std::string text(2 * id.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), id.data(), id.size());
  text.pop_back();
  return text;
}

std::string to_text(const PublicKey& key) {
  return compose(public_head, {{"id", to_text(key.id())}, {"key", encode(key.bytes)}});
}

std::string to_text(const SecretKey& key) {
  return compose(secret_head, {{"id", to_text(key.public_key().id())}, {"key", encode(key.bytes)}});
}

std::string to_text(const Signature& signature) {
  return compose(
      signature_head,
      {{"algorithm", std::string(algorithm)}, {"key", to_text(signature.key)}, {"signature", encode(signature.bytes)}});
}

std::optional<PublicKey> parse_public_key(std::string_view text) {
  const auto fields = dissect(text, public_head, {"id", "key"});
  PublicKey key;
  return !fields.empty() && decode(fields[1], key.bytes) && to_text(key) == text ? std::optional(key) : std::nullopt;
}

std::optional<SecretKey> parse_secret_key(std::string_view text) {
  const auto fields = dissect(text, secret_head, {"id", "key"});
  SecretKey key;
  return !fields.empty() && decode(fields[1], key.bytes) && to_text(key) == text ? std::optional(key) : std::nullopt;
}

std::optional<Signature> parse_signature(std::string_view text) {
  const auto fields = dissect(text, signature_head, {"algorithm", "key", "signature"});
  Signature signature;
  const bool good = !fields.empty() && decode(fields[1], signature.key) && decode(fields[2], signature.bytes) &&
                    to_text(signature) == text;
  return good ? std::optional(signature) : std::nullopt;
}

Result<std::string> read_text(int directory, const std::string& path, std::string_view what, std::size_t limit) {
  // Without waiting for the other end of a FIFO.
  const UniqueFd fd(::openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    return Unexpected{system_error("open ", what)};
  }
  if (!S_ISREG(status.st_mode)) {
    return Unexpected{make_error(ErrorKind::Usage, what, " is not a regular file")};
  }
  std::string text(limit + 1, '\0');
  const ssize_t got = ::pread(fd.get(), text.data(), text.size(), 0);
  if (got < 0) {
    return Unexpected{system_error("read ", what)};
  }
  if (static_cast<std::size_t>(got) > limit) {
    return Unexpected{make_error(ErrorKind::Usage, what, " is too long")};
  }
  text.resize(static_cast<std::size_t>(got));
  return text;
}

}  // namespace kx::hv::libraries

#include "hypervisor/libraries/blake2b_lanes.hpp"

#include <cstdint>
#include <cstring>
#include <kx/base/verify.hpp>
#include <utility>

namespace kx::hv::libraries {

namespace {

constexpr std::size_t block_size = 128;
constexpr std::size_t rounds = 12;

// RFC 7693, 2.6 and 2.7.
constexpr std::uint64_t initial[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                      0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
constexpr std::uint8_t schedule[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

// One word of each lane.
template <std::size_t lanes>
struct Vector {
  using Type [[gnu::vector_size(8 * lanes)]] = std::uint64_t;
};

// What is inlined here takes the instructions of whoever calls it, below.
template <class Words>
[[gnu::always_inline]] inline void mix(Words& a, Words& b, Words& c, Words& d, const Words& x, const Words& y) {
  const auto rotate = [](Words & word, int bits) __attribute__((always_inline)) {
    word = (word >> bits) | (word << (64 - bits));
  };
  a += b + x;
  d ^= a;
  rotate(d, 32);
  c += d;
  b ^= c;
  rotate(b, 24);
  a += b + y;
  d ^= a;
  rotate(d, 16);
  c += d;
  b ^= c;
  rotate(b, 63);
}

template <std::size_t lanes>
[[gnu::always_inline]] inline void compress(typename Vector<lanes>::Type* state, const unsigned char* const* inputs,
                                            std::size_t offset, std::uint64_t last) {
  using Words = typename Vector<lanes>::Type;
  Words message[16];
  Words v[16];
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      std::uint64_t word;
      std::memcpy(&word, inputs[lane] + offset + 8 * i, sizeof word);
      message[i][lane] = word;
    }
  }
  for (std::size_t i = 0; i < 8; ++i) {
    v[i] = state[i];
    v[8 + i] = Words{} + initial[i];
  }
  v[12] ^= Words{} + std::uint64_t{offset + block_size};
  v[14] ^= Words{} + last;
#pragma GCC unroll 12
  for (std::size_t round = 0; round < rounds; ++round) {
    const std::uint8_t* const s = schedule[round % 10];
    mix(v[0], v[4], v[8], v[12], message[s[0]], message[s[1]]);
    mix(v[1], v[5], v[9], v[13], message[s[2]], message[s[3]]);
    mix(v[2], v[6], v[10], v[14], message[s[4]], message[s[5]]);
    mix(v[3], v[7], v[11], v[15], message[s[6]], message[s[7]]);
    mix(v[0], v[5], v[10], v[15], message[s[8]], message[s[9]]);
    mix(v[1], v[6], v[11], v[12], message[s[10]], message[s[11]]);
    mix(v[2], v[7], v[8], v[13], message[s[12]], message[s[13]]);
    mix(v[3], v[4], v[9], v[14], message[s[14]], message[s[15]]);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    state[i] ^= v[i] ^ v[8 + i];
  }
}

template <std::size_t lanes>
[[gnu::always_inline]] inline void hash(const unsigned char* const* inputs, std::size_t size,
                                        const Blake2bPerson& person, Blake2bHash* hashes) {
  using Words = typename Vector<lanes>::Type;
  constexpr std::uint64_t parameters = 0x01010000 | sizeof(Blake2bHash);  // no key, no tree of BLAKE2's own
  std::uint64_t person_words[2];
  std::memcpy(person_words, person.data(), sizeof person_words);
  Words state[8];
  for (std::size_t i = 0; i < 8; ++i) {
    state[i] = Words{} + initial[i];
  }
  state[0] ^= Words{} + parameters;
  state[6] ^= Words{} + person_words[0];
  state[7] ^= Words{} + person_words[1];
  for (std::size_t offset = 0; offset < size; offset += block_size) {
    compress<lanes>(state, inputs, offset, offset + block_size == size ? ~std::uint64_t{0} : 0);
  }
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint64_t word = state[i][lane];
      std::memcpy(hashes[lane].data() + 8 * i, &word, sizeof word);
    }
  }
}

[[gnu::target("avx2")]] void hash_4(const unsigned char* const* inputs, std::size_t size, const Blake2bPerson& person,
                                    Blake2bHash* hashes) {
  hash<4>(inputs, size, person, hashes);
}

[[gnu::target("avx512f")]] void hash_8(const unsigned char* const* inputs, std::size_t size,
                                       const Blake2bPerson& person, Blake2bHash* hashes) {
  hash<8>(inputs, size, person, hashes);
}

}  // namespace

std::size_t blake2b_lanes() {
  return __builtin_cpu_supports("avx512f") ? 8 : __builtin_cpu_supports("avx2") ? 4 : 0;
}

void hash_in_lanes(std::size_t lanes, const unsigned char* const* inputs, std::size_t size, const Blake2bPerson& person,
                   Blake2bHash* hashes) {
  KX_VERIFY((lanes == 4 || lanes == 8) && size != 0 && size % block_size == 0);
  lanes == 8 ? hash_8(inputs, size, person, hashes) : hash_4(inputs, size, person, hashes);
}

}  // namespace kx::hv::libraries

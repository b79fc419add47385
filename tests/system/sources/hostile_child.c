// A child that goes around the library OS: it finds memory in the page tables, maps what it wants, and tries to write
// what it inherited and to read what its parent wrote after the fork. Both must fail; the addresses are those of
// kx/abi/memory_map.hpp.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINEAR 0x7f0000000000ull
#define ROOT 0x200000ull
#define LIBRARY_OS 0x8000000ull  // its text, one copy for the family
#define ADDRESS 0x000ffffffffff000ull
#define HUGE_PAGE 0x80ull
#define TABLE 0xe7ull  // present, writable, user, accessed, dirty, 2 MiB

static volatile uint64_t* at(uint64_t gpa) { return (volatile uint64_t*)(LINEAR + gpa); }

static uint64_t find(const volatile void* pointer) {
  uint64_t address = (uint64_t)pointer, table = ROOT;
  for (int level = 3;; level--) {
    uint64_t entry = at(table)[address >> (12 + 9 * level) & 511];
    if ((entry & 1) == 0) return 0;
    uint64_t size = 1ull << (12 + 9 * level);
    if (level == 0 || (level < 3 && (entry & HUGE_PAGE))) return (entry & ADDRESS & ~(size - 1)) + (address & (size - 1));
    table = entry & ADDRESS;
  }
}

// Maps 2 MiB of guest-physical memory into this pVM's own linear window.
static void map_linear(uint64_t gpa) {
  uint64_t upper = at(ROOT)[LINEAR >> 39 & 511] & ADDRESS;
  uint64_t entry = at(upper)[gpa >> 30 & 511];
  if (entry & 1) at(entry & ADDRESS)[gpa >> 21 & 511] = (gpa & ~0x1fffffull) | TABLE;
}

static volatile uint64_t inherited[512] __attribute__((aligned(4096))) = {0x1111};

int main(void) {
  int to_child[2], to_parent[2];
  if (pipe(to_child) || pipe(to_parent)) return 90;
  uint64_t* secret = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  secret[0] = 1;
  inherited[0] = 0x2222;
  uint64_t place = find(inherited);
  pid_t child = fork();
  if (child == 0) {
    if (place == 0 || *at(place) != 0x2222) _exit(91);
    *at(place) = 0xbad;  // the slot is read-only: at most it has no effect
    if (write(to_parent[1], "w", 1) != 1) _exit(92);
    uint64_t where = 0;
    if (read(to_child[0], &where, sizeof where) != sizeof where) _exit(93);
    map_linear(where);
    uint64_t seen = *at(where);  // no slot: nothing of the parent's
    _exit(seen == 0x5ec2e7 ? 66 : 7);
  }
  char ready;
  if (read(to_parent[0], &ready, 1) != 1) puts("the child died early");
  printf("inherited %s\n", inherited[0] == 0x2222 && *at(place) == 0x2222 ? "unchanged" : "CHANGED");
  secret[0] = 0x5ec2e7;
  uint64_t where = find(secret);
  if (write(to_child[1], &where, sizeof where) != sizeof where) return 94;
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 66)
    puts("secret READ");
  else if (WIFSIGNALED(status) || WEXITSTATUS(status) == 7)
    puts("secret kept");
  else
    printf("the test failed: status %x\n", status);

  const uint64_t text = *at(LIBRARY_OS + 8);
  child = fork();
  if (child == 0) {
    *at(LIBRARY_OS + 8) = ~text;
    _exit(0);
  }
  waitpid(child, &status, 0);
  puts(*at(LIBRARY_OS + 8) == text ? "library OS unchanged" : "library OS CHANGED");
  return 0;
}

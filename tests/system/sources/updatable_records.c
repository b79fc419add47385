// A library that keeps what it has allocated (-DVERSION=N): with -DMOVED members have changed places within the same
// size, and with -DHOOK it sees to what the old version has left.
#include <stdio.h>
#include <stdlib.h>
#ifdef HOOK
#include <kx/lib_update.h>

static int is_stale;

int kx_lib_update(const struct kx_lib_update_info *info) {
  is_stale = info->version != 0;
  return 0;
}
#endif

struct record {
#ifdef MOVED
  int height, weight;
#else
  int weight, height;
#endif
  struct record *next;
};

static struct record *first;

void records_add(int weight, int height) {
  struct record *made = malloc(sizeof *made);
  made->weight = weight;
  made->height = height;
  made->next = first;
  first = made;
}

// Numbers that the compiler gives them differ between versions.
#if VERSION == 1
static int count_one(void) {
  static int count = 10;
  return ++count;
}
#endif
static int count_two(void) {
  static int count = 20;
  return ++count;
}
#if VERSION != 1
static int count_one(void) {
  static int count = 30;
  return ++count;
}
#endif

void records_show(char *text, size_t size) {
#ifdef HOOK
  for (struct record *each = first; is_stale && each != NULL; each = each->next) {
    int kept = each->weight;
    each->weight = each->height;
    each->height = kept;
  }
  is_stale = 0;
#endif
  snprintf(text, size, "%d: weight %d height %d counts %d %d", VERSION, first->weight, first->height, count_one(),
           count_two());
}

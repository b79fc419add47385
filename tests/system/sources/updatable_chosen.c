// A library with functions that are chosen when it is loaded (IFUNC), in versions, by -DVERSION=N and further macros.
static int fast(int x) { return x + 100 * VERSION + 1; }
static int slow(int x) { return x + 100 * VERSION + 2; }
static int near(int x) { return x * VERSION + 1; }
static int far(int x) { return x * VERSION + 2; }

#ifdef ONLY_SLOW
#define FIRST slow
#else
#define FIRST fast
#endif

typedef int function(int);

static int has_basics(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse2");
}

static function *choose(void) { return has_basics() ? FIRST : slow; }
static function *choose_inside(void) { return has_basics() ? near : far; }

int chosen(int) __attribute__((ifunc("choose")));
static int inside(int) __attribute__((ifunc("choose_inside")));

int chosen_version(void) { return VERSION; }
// Through the table of the library's own: of a symbol that others may take over, and of one that is nobody else's.
int chosen_by_library(int x) { return chosen(x); }
int chosen_inside(int x) { return inside(x); }
function *chosen_pointer(void) { return inside; }

#ifdef WITH_ANOTHER
static int another_one(int x) { return x; }
static function *choose_another(void) { return has_basics() ? another_one : slow; }
static int another(int) __attribute__((ifunc("choose_another")));
int chosen_another(int x) { return another(x); }
#endif

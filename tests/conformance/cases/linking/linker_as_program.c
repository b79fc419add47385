// The dynamic linker run as a program: another library path, a preloaded library, --argv0: ld.so(8).
// library: part -DVALUE=1
// library: other -DVALUE=2
// libs: -lpart
// marks: fork
#if defined VALUE
int part(void) {
  return VALUE;
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "relatives.h"

int part(void);

int main(int argc, char** argv) {
  if (argc == 1) {
    say("%s: part %d\n", argv[0], part());
    return part();
  }
  NEED(argc == 2 && chdir(argv[1]) == 0);
  copy_library("other", "libpart.so");
  static const char linker[] = "/lib64/ld-linux-x86-64.so.2";
  pid_t child;
  START(child) execl(linker, linker, "--library-path", ".", "--argv0", "renamed", argv[0], NULL);
  reap("with a library path", child);
  START(child) execl(linker, linker, "--argv0", "preloaded", "--preload", "./libpart.so", argv[0], NULL);
  reap("with a preloaded library", child);
  START(child) execl(linker, linker, "--verify", argv[0], NULL);
  reap("verified", child);
  START(child) execl(linker, linker, "--verify", "./libpart.so", NULL);
  reap("a library verified", child);
  START(child) execl(linker, linker, "./nothing", NULL);
  reap("nothing", child);
  return 0;
}
#endif

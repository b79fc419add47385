/* For authors of shared libraries: how a new version takes over what an old one kept in another layout, when
 * `kx lib update` or `kx lib rollback` puts it in the old one's place while the program runs.
 *
 * A library that exports the C function kx_lib_update has it called once in each process that is updated, on a stack of
 * its own, with all threads of the process standing still. By then
 *
 *  - the old version is still the one in use, and its variables are as they were;
 *  - this version's variables that have the same name and size in both have the old one's values, and pointers in them
 *    lead to this version's variables and functions;
 *  - all others have this version's initial values. Those of them that the old version has in another size are in the
 *    array, for the function to convert; so are those that only the old version has.
 *
 * If it returns 0 in all processes that the update is for, they go on with this version. Whoever holds a pointer to the
 * beginning of a converted variable holds one to the new variable then; a pointer into its middle is not changed and
 * leads to the old one, which stays where it is. Memory that the function has mapped, and pointers that it has copied
 * from the old version, are treated as the program's own.
 *
 * If it returns anything else (an errno, by custom), gets a fault, makes a system call that is not allowed, writes to
 * the old version's variables or takes too long (the rest of --timeout, at most 5 seconds), nothing is updated in any
 * process, and the programs go on with the old version.
 *
 * What it may do is less than what a signal handler may:
 *
 *  - read all of the process's memory, and call functions of this library and those async-signal-safe functions of
 *    others that need no system call (memcpy, strlen, ...);
 *  - write to this version's variables, to its stack (256 KiB) and to memory that it maps. It must not write
 *    elsewhere, to the heap or to other libraries' variables: that would stay if the update is refused. The old
 *    version's variables cannot be written. It must leave errno and thread-local variables as they were;
 *  - make the system calls getpid, gettid, clock_gettime, gettimeofday and time, and mmap of new private anonymous
 *    memory that is not executable, at most 64 times: it is given back if the update is refused. Any other system call
 *    ends the update. So does a lock that is held, as it waits for it; malloc may need both.
 *
 * It is called too if no variable changed its size, as a layout may change without. What allocates, frees or locks it
 * can leave to the first call of the new version, by a variable that says so.
 */
#ifndef KX_LIB_UPDATE_H
#define KX_LIB_UPDATE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KX_LIB_UPDATE_VERSION 1

/* A variable whose size changed. Of a static variable of a function the name is what the source calls it. */
struct kx_lib_variable {
  const char* name;
  const void* old_address; /* to be read only */
  size_t old_size;
  void* new_address; /* NULL: this version has no such variable */
  size_t new_size;
};

struct kx_lib_update_info {
  uint32_t version;         /* KX_LIB_UPDATE_VERSION; it grows if old meanings change */
  uint32_t size;            /* of this structure: later ones may have more behind it */
  const char* old_build_id; /* of the old version, hexadecimal; empty if it has none */
  size_t variable_count;
  size_t variable_size;                    /* of an element of the array: later ones may be larger */
  const struct kx_lib_variable* variables; /* sorted by name (strcmp) */
};

/* To be defined by the library. Everything that `info` leads to is gone after it. */
__attribute__((visibility("default"))) int kx_lib_update(const struct kx_lib_update_info* info);

/* The variable called `name`; NULL if it did not change. */
static inline const struct kx_lib_variable* kx_lib_find(const struct kx_lib_update_info* info, const char* name) {
  for (size_t i = 0; i < info->variable_count; ++i) {
    const struct kx_lib_variable* variable =
        (const struct kx_lib_variable*)((const char*)info->variables + i * info->variable_size);
    const char *a = variable->name, *b = name;
    while (*a != 0 && *a == *b) {
      ++a;
      ++b;
    }
    if (*a == *b) {
      return variable;
    }
  }
  return NULL;
}

#ifdef __cplusplus
}
#endif

#endif

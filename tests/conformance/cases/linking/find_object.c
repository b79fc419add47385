// _dl_find_object finds the library of an address, and its unwind table, as exceptions do: the GNU C library.
// library: found
#include "library.h"

#ifdef LIBRARY_found
int found(int value) {
  return value;
}
#else
CASE {
  void* library = must_open("libfound.so", RTLD_NOW);
  void* address = must_find(library, "found");
  struct dl_find_object object;
  SHOW(_dl_find_object(address, &object));
  CHECK(object.dlfo_link_map == library);
  CHECK((char*)object.dlfo_map_start <= (char*)address && (char*)address < (char*)object.dlfo_map_end);
  CHECK(object.dlfo_eh_frame != NULL && *(char*)object.dlfo_eh_frame == 1);
  SHOW(dlclose(library));
  SHOW(_dl_find_object(address, &object));
  SHOW(_dl_find_object((void*)case_body, &object));
  SHOW(_dl_find_object(&object, &object));
}
#endif

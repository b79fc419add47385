// There are so many namespaces and no more; one that was left is used again: dlmopen(3).
// library: small -nostdlib
#include "library.h"

#ifdef LIBRARY_small
int small = 1;
#else
CASE {
  void* handles[64];
  int count = 0;
  while (count < 64 && (handles[count] = dlmopen(LM_ID_NEWLM, library_path("small"), RTLD_NOW)) != NULL) count++;
  SHOW(count);
  say("%s\n", last_part(dlerror()));
  for (int i = 0; i < count; i++) ++*(int*)must_find(handles[i], "small");
  for (int i = 0; i < count; i++) NEED(*(int*)must_find(handles[i], "small") == 2);
  SHOW(dlclose(handles[3]));
  handles[3] = dlmopen(LM_ID_NEWLM, library_path("small"), RTLD_NOW);
  CHECK(handles[3] != NULL);
  SHOW(*(int*)must_find(handles[3], "small"));
}
#endif

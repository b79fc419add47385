// fsync, fdatasync, sync, syncfs, sync_file_range: where they work and where not: fsync(2).
#include "case.h"

CASE {
  int fd = file_with("file", "text"), ends[2];
  NEED(pipe(ends) == 0);
  SHOW(fsync(fd));
  SHOW(fdatasync(fd));
  SHOW(syncfs(fd));
  SHOW(sync_file_range(fd, 0, 4, SYNC_FILE_RANGE_WRITE));
  SHOW(sync_file_range(fd, 0, 4, 0x100));
  SHOW(fsync(ends[0]));
  SHOW(fdatasync(ends[1]));
  SHOW(fsync(open("file", O_RDONLY)));
  SHOW(fsync(open(".", O_RDONLY)));
  SHOW(sync_file_range(ends[0], 0, 4, 0));
  SHOW(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
  SHOW_CODE(posix_fadvise(fd, 0, 0, 99));
  SHOW_CODE(posix_fadvise(ends[0], 0, 0, POSIX_FADV_NORMAL));
  SHOW(readahead(fd, 0, 4));
}

// O_NOFOLLOW, symbolic links that loop, dangle and pass through: open(2), path_resolution(7).
#include "case.h"

CASE {
  close(file_with("file", "text"));
  SHOW(symlink("file", "link"));
  SHOW(symlink("nowhere", "dangling"));
  SHOW(symlink("two", "one"));
  SHOW(symlink("one", "two"));
  SHOW(open("link", O_RDONLY | O_NOFOLLOW));
  int fd = SHOW(open("link", O_RDONLY));
  SHOW(close(fd));
  SHOW(open("dangling", O_RDONLY));
  SHOW(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0644));
  fd = SHOW(open("dangling", O_RDWR | O_CREAT, 0644));
  SHOW(close(fd));
  SHOW(access("nowhere", F_OK));
  SHOW(open("one", O_RDONLY));
  SHOW(open("link/x", O_RDONLY));
  SHOW(mkdir("dir", 0755));
  SHOW(symlink("dir", "dirlink"));
  SHOW(open("dirlink", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  fd = SHOW(open("dirlink/../dirlink/inside", O_RDWR | O_CREAT, 0644));
  SHOW(access("dir/inside", F_OK));
}

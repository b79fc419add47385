// gmtime, mktime, strftime and TZ of the C library: ctime(3), tzset(3).
// variants: static,musl
#include <time.h>

#include "case.h"

CASE {
  time_t moment = 1700000000;
  char text[64];
  struct tm parts;
  gmtime_r(&moment, &parts);
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %j", &parts);
  say("%s\n", text);
  setenv("TZ", "XYZ-5:30", 1);
  tzset();
  localtime_r(&moment, &parts);
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", &parts);
  say("%s\n", text);
  CHECK(mktime(&parts) == moment);
}

// The walls around the reader of debug information, whose input nobody vouches for.
#pragma once

namespace kx::layouts {

// From now on the process may use the memory and the time of its limits, write to what is open, and end: no files, no
// processes, no sockets, nothing executable. False: that is not to be had here.
bool confine();

}  // namespace kx::layouts

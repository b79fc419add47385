// What the lane's init does once: modules, mounts, the port to the host.
#pragma once

namespace kx::lane {

// Loads the modules of the initramfs, makes the host's root the root and mounts the kernel's file systems.
// Returns the descriptor of the port to the host, or -1 after saying on the console what failed.
int set_up_machine();

// 0 if /dev/kvm can be opened and makes a virtual machine, else the errno.
int kvm_errno();

}  // namespace kx::lane

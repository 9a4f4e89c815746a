/* SPDX-License-Identifier: BSD-2-Clause */
/* live_calls - the system calls that are left to a process that reads hostile packets. */
#ifndef SPAN_ENGINE_LIVE_CALLS_H
#define SPAN_ENGINE_LIVE_CALLS_H

#include <stdbool.h>

/* `connects`: a socket that is open may be connected again; `serves`: connections by TCP that come
 * in may be answered. For good, for this process, all threads that it has,
 * and its children. 0; -ENOSYS: this build or kernel
 * cannot; another negative errno. no_new_privs must be set. */
int live_calls_confine(bool connects, bool serves);

#endif

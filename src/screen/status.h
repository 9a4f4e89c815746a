/* SPDX-License-Identifier: BSD-2-Clause */
/* status - what a running service says of itself, between two judgements. */
#ifndef SPAN_SCREEN_STATUS_H
#define SPAN_SCREEN_STATUS_H

#include <stdbool.h>
#include <stdint.h>

struct status {
	bool known;
};

#endif

// SPDX-License-Identifier: BSD-2-Clause
#include "base/cpu.h"
#include "flow/flow.h"

const char *flow_state_name(enum flow_state s)
{
	static const char *const name[STATE_N] = {
		[STATE_ESTABLISHED] = "established", [STATE_MID_STREAM] = "mid-stream",
		[STATE_ONE_WAY] = "one-way",         [STATE_HALF_OPEN] = "half-open",
		[STATE_REJECTED] = "rejected",       [STATE_REFUSED] = "refused",
		[STATE_NO_ANSWER] = "no-answer",
	};

	return (unsigned)s < STATE_N ? name[s] : "";
}

static const struct {
	const char *name;
	uint8_t confidence; /* per cent */
} reasons[DIR_N] = {
	[DIR_SYN] = {"handshake", 100},  [DIR_MESSAGE] = {"message", 95},
	[DIR_LEARNED] = {"learned", 80}, [DIR_PORT] = {"port", 60},
	[DIR_FAN_IN] = {"fan-in", 40},   [DIR_FIRST] = {"first-packet", 20},
};

const char *dir_reason_name(enum dir_reason r)
{
	return (unsigned)r < DIR_N ? reasons[r].name : "";
}

unsigned dir_confidence(enum dir_reason r)
{
	return (unsigned)r < DIR_N ? reasons[r].confidence : 0;
}

// SPDX-License-Identifier: BSD-2-Clause
/* Virtual addresses of load balancers. */
#include "infer/sign.h"

/* clang-format off */
static const struct sign rows[] = {
	{ROLE_NLB, 'A', .all = {{CLUE_CLUSTER}}},
	{ROLE_NLB, 'A', .all = {{CLUE_CARD, .text = "nlb"}}},
};
SIGN_FAMILY(balancer, rows);

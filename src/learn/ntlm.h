/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntlm - what a server calls itself when it challenges a client (MS-NLMP 2.2.1.2). Private to this
 * folder: who reads a protocol that carries credentials shows them here.
 */
#ifndef SPAN_LEARN_NTLM_H
#define SPAN_LEARN_NTLM_H

#include "base/rd.h"
#include "learn/learner.h"

/* Looks for a challenge in what the server sent as credentials, bare or within SPNEGO, as far as
 * they were read; it becomes a sighting of that side. */
void ntlm_credentials(struct learn_flow *f, unsigned server_side, struct rd r,
		      const struct evidence *at);

#endif

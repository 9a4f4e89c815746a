/* SPDX-License-Identifier: BSD-2-Clause */
/* stub - one answered call of DCE/RPC: the joined fragments of its response. */
#ifndef SPAN_LEARN_STUB_H
#define SPAN_LEARN_STUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rpc_syntax { RPC_NDR, RPC_NDR64 }; /* C706 14; MS-RPCE 2.2.5 */

enum { STUB_MAX = 64 << 10 }; /* longest stub that is put together */

struct stub {
	uint8_t uuid[16]; /* the interface called, as printed */
	uint16_t major, minor;
	uint16_t opnum;
	enum rpc_syntax syntax;
	bool little; /* integers, from drep (C706 14.1) */
	const uint8_t *p;
	size_t n;
	bool cut;     /* more was sent: beyond STUB_MAX, or lost */
	bool assumed; /* the bind was not captured: interface, opnum and syntax are a guess, and
		       * only an answer that fits to its last byte is one */
};

#endif

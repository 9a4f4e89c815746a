/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rpc_iface - names of the RPC interfaces met around Windows servers, one row each.
 *
 * An interface that is not here is not wrong: applications register private ones. It is then shown
 * by its UUID.
 */
#ifndef SPAN_RECOGNISE_RPC_IFACE_H
#define SPAN_RECOGNISE_RPC_IFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RPC_UUID_TEXT = 37 }; /* bytes of a UUID as text, with NUL */

struct rpc_iface_row {
	uint8_t uuid[16];            /* as printed, big-endian fields */
	uint16_t major, minor;       /* the lowest version known */
	uint16_t major_to, minor_to; /* the highest */
	const char *name;            /* as rules and reports write it: "lsarpc"; unique */
	const char *title;           /* what it is for */
	const char *spec;            /* "MS-LSAD, MS-LSAT"; "" none published */
};

size_t rpc_iface_count(void);
const struct rpc_iface_row *rpc_iface_at(size_t i); /* NULL past the end */
/* NULL when the interface has no row. */
const struct rpc_iface_row *rpc_iface_find(const uint8_t uuid[16]);
/* By name, in any case of letters; NULL when there is none. */
const struct rpc_iface_row *rpc_iface_by_name(const char *name);

/* "12345678-1234-abcd-ef00-01234567cffb", lower case; returns buf. */
const char *rpc_uuid_format(const uint8_t uuid[16], char buf[RPC_UUID_TEXT]);
/* The same form, either case, the whole of text. False, and *ret_uuid untouched, for any other. */
bool rpc_uuid_parse(const char *text, uint8_t ret_uuid[16]);

#endif

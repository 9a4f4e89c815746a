/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * epm - answers of the endpoint mapper (C706 O, MS-RPCE 2.2.1.2) and the towers in them
 * (C706 L, I).
 */
#ifndef SPAN_LEARN_EPM_H
#define SPAN_LEARN_EPM_H

#include "learn/granted.h"
#include "learn/stub.h"

/* {e1af8308-5d1f-11c9-91a4-08002b14a0fa}, C706 O */
extern const uint8_t epm_uuid[16];

enum { EPM_LOOKUP = 2, EPM_MAP = 3 }; /* opnums, C706 O.3 */
enum { EPM_TOWERS_MAX = 512 };        /* more in one answer are not read */

enum epm_result {
	EPM_OK,             /* read to its end; the sink was called for each tower */
	EPM_NOT_REGISTERED, /* status ept_s_not_registered, no tower */
	EPM_PARTIAL,        /* some towers were found in an answer that does not fit its layout */
	EPM_BAD,            /* nothing of use; with stub.assumed: not an answer of the mapper */
};

/* The interface that a request of ept_map asks for: its tower, as *ret. False when this is none,
 * its tower is not all here, or it asks for more of an answer before: such a row of questions ends
 * with EPM_NOT_REGISTERED, which then says nothing of the interface. Of s, syntax, interface and
 * opnum are not used: the bind's answer need not be known. */
bool epm_asked(const struct stub *s, struct granted *ret);
/* Reads the answer of ept_map or ept_lookup. */
enum epm_result epm_read(const struct stub *s, granted_fn sink, void *user);
/* The bytes that the floors of a tower fill; 0 when they reach past n. */
size_t tower_size(const uint8_t *p, size_t n);
/* One tower: its octets alone. False when it is malformed; *ret is then untouched. A tower without
 * a transport that has ports or pipes is GRANTED_NONE. `how` is the caller's to set. */
bool tower_read(const uint8_t *p, size_t n, struct granted *ret);

#endif

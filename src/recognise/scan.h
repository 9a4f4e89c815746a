/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan - what several recognisers read the same way: lines of text, names that become facts, and
 * the tag-length-value of BER.
 *
 * The functions that answer with a verdict say SURE for "as expected, go on", MORE for "bytes are
 * missing" and NO for "something else".
 */
#ifndef SPAN_RECOGNISE_SCAN_H
#define SPAN_RECOGNISE_SCAN_H

#include "base/rd.h"
#include "recognise/recognise.h"

/* Do the next bytes begin with text (ASCII case ignored with `fold`)? MORE when they are a true
 * beginning of it. SURE takes them. */
enum verdict scan_text(struct rd *r, const char *text, bool fold);
/* The same for a table of texts, ended by NULL; the index of the one found in ret_i. MORE when
 * none is there and one may still come. */
enum verdict scan_one_of(struct rd *r, const char *const *texts, bool fold, size_t *ret_i);
/* Takes a line and its LF; `ret` is the line without CR LF. False when no LF has come: `ret` is
 * then all that is there. */
bool scan_line(struct rd *r, struct rd *ret);
/* Is `text` somewhere in the bytes? ASCII case is ignored. */
bool scan_has(struct rd r, const char *text);
/* Are all bytes printable ASCII, or tabs? */
bool scan_printable(struct rd r);
/* The same, and letters of other alphabets, as servers' greetings have. */
bool scan_readable(struct rd r);
/* `n` decimal digits; their value in ret. */
enum verdict scan_digits(struct rd *r, size_t n, uint32_t *ret);
/* Copies into facts.name what is printable, up to its size; spaces and the rest end it. */
void scan_name(struct facts *f, struct rd r);

/* BER, X.690 8.1: identifier with one octet, definite lengths of up to four octets in any form,
 * since Windows writes 84 00 00 00 nn. */
enum verdict ber_open(struct rd *r, uint8_t tag, uint32_t *ret_len);
/* INTEGER or ENUMERATED (whichever tag) of one to four octets. */
enum verdict ber_int(struct rd *r, uint8_t tag, uint32_t *ret);
/* An element, contents and all, that need not be here completely: `ret` holds what is. */
enum verdict ber_bytes(struct rd *r, uint8_t tag, struct rd *ret);

/* The 16 octets of a DCE UUID in the given byte order, as printed (C706 A.1). */
void scan_uuid(struct rd *r, bool little, uint8_t ret[16]);

#endif

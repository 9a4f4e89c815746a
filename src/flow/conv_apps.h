/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conv_apps - the protocols of a conversation. Private to this folder.
 *
 * Most conversations have one, whose figures are those of the conversation. It needs no row as long
 * as its first packets can stand in one array with those of successes, which they can unless an
 * early flow came to nothing and a later one did not. What comes later may make a row for it;
 * conv_apps_tidy() takes away what is not needed in the end.
 */
#ifndef SPAN_FLOW_CONV_APPS_H
#define SPAN_FLOW_CONV_APPS_H

#include "flow/conv_merge.h"

/* Rows double when they are full, which is at powers of two: so their room need not be kept. */
unsigned rows_room(unsigned n);
/* Room for one more row behind the n at *v; false when there is no memory. */
bool rows_grow(struct conv_rows *rows, void **v, unsigned n, size_t size);
#define ROWS_GROW(rows, v, n) rows_grow((rows), (void **)&(v), (n), sizeof *(v))

void evidence_put(struct evidence ev[EVIDENCE_N], uint8_t *n, const struct evidence *from,
		  size_t n_from);

/* More flows, as far as they say whether their conversation can do without rows. */
struct more_flows {
	uint16_t app;
	bool told; /* see conv_app */
	uint8_t n_ev, n_ok_ev;
	const struct evidence *ev, *ok_ev;
};
struct first_packets {
	struct evidence ev[EVIDENCE_N];
	uint8_t n, n_ok;
};

/* Is their protocol the only one, and needs no row? Then *ret is what all have together. Asked
 * before their figures are added to the conversation's. */
bool conv_sole_fits(const struct conv *c, const struct more_flows *m, struct first_packets *ret);
/* More of that protocol, with packets that fitted. */
void conv_sole_put(struct conv *c, const struct conv_sole *more, uint32_t notes,
		   const struct first_packets *first);
/* A row for what has none, also before figures are added. False without memory. */
bool conv_apps_open(struct conv_rows *rows, struct conv *c);
/* More of a protocol for a conversation with rows. False without memory. */
bool conv_app_put(struct conv_rows *rows, struct conv *c, const struct conv_app *b);
/* The flows of protocols without any were recognised as something else later. */
void conv_apps_drop_empty(struct conv *c);
/* Is the conversation's row all that it says itself? */
bool conv_app_says_no_more(const struct conv *c, const struct conv_app *a);
/* Of what nothing more goes into: no row that need not be. */
void conv_apps_tidy(struct conv *c);

#endif

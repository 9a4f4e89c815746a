// SPDX-License-Identifier: BSD-2-Clause
/*
 * epm - answers of the endpoint mapper.
 *
 * ept_map asks (C706 O): object, tower, handle, number wanted
 * ept_map (C706 O):     handle, number, array of pointers, the towers, status
 * ept_lookup (C706 O):  handle, number, array of {object, pointer, annotation}, the towers, status
 *
 * An answer is walked twice: first to see whether it fits, then to tell what is in it, so that
 * nothing is told of bytes that only began like an answer.
 */
#include "learn/epm.h"

#include "base/cpu.h"
#include "learn/ndr.h"

const uint8_t epm_uuid[16] = {0xe1, 0xaf, 0x83, 0x08, 0x5d, 0x1f, 0x11, 0xc9,
			      0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa};

static const uint32_t NOT_REGISTERED = 0x16c9a0d6; /* ept_s_not_registered: C706 E, O */

enum {
	HANDLE = 4 + 16,    /* ndr_context_handle: C706 N */
	ANNOTATION_MAX = 64 /* ept_max_annotation_size: C706 O */
};

/* How a walk went. */
struct walk {
	granted_fn sink; /* NULL: only look */
	void *user;
	unsigned n;     /* towers */
	unsigned told;  /* of them, read */
	bool repeats;   /* a pointer came twice */
	bool malformed; /* a tower that is none, or that ends before its octets do */
	bool full;      /* there are more than are read */
	uint32_t status;
};

static void tell(struct walk *w, const struct stub *s, const struct granted *g)
{
	struct granted one = *g;

	one.how = s->opnum == EPM_MAP ? GRANT_EPM : GRANT_EPM_LOOKUP;
	w->told++;
	if (w->sink)
		w->sink(w->user, &one);
}

/* The next element of the array; its tower comes after the array. */
static uint64_t next_pointer(struct ndr *n, bool lookup)
{
	if (!lookup)
		return ndr_ref(n);

	uint8_t object[16];

	/* The widest member aligns the structure: C706 14.3.2, MS-RPCE 2.2.5.3.4. */
	ndr_align(n, n->wide ? 8 : 4);
	ndr_uuid(n, object);

	const uint64_t ref = ndr_ref(n), offset = ndr_count(n), actual = ndr_count(n);

	if (offset || actual > ANNOTATION_MAX)
		n->rd.short_ = true;
	ndr_take(n, actual);
	return ref;
}

/* twr_t: C706 L. False when its counts contradict each other or the end of the stub. */
static bool walk_tower(struct ndr *n, const struct stub *s, struct walk *w)
{
	const uint64_t max = ndr_count(n);
	const uint32_t length = ndr_u32(n);
	const uint8_t *p = ndr_take(n, length);
	struct granted g;

	if (ndr_short(n) || max != length)
		return false;
	if (tower_read(p, length, &g)) {
		w->malformed |= tower_size(p, length) != length;
		tell(w, s, &g);
	} else {
		w->malformed = true;
	}
	w->n++;
	return true;
}

/* The status, which ends the stub. After an NDR64 structure there may be a gap to its alignment,
 * which MS-RPCE 2.2.5.3.4.1 leaves open for one that ends in an array. */
static bool walk_status(struct ndr *n, struct walk *w)
{
	ndr_align(n, 4);
	if (n->wide && ndr_left(n) == 8 && ndr_at(n) % 8)
		ndr_align(n, 8);
	w->status = ndr_u32(n);
	return !ndr_short(n);
}

/* True when s fits. `alias`: a pointer that was there before has no tower of its own, which is what
 * full pointers are (C706 14.3.10); else every pointer has one. */
static bool walk(const struct stub *s, bool alias, struct walk *w)
{
	const bool lookup = s->opnum == EPM_LOOKUP;
	struct ndr n = ndr_over(s), towers;
	uint64_t seen[EPM_TOWERS_MAX];

	ndr_take(&n, HANDLE);

	const uint32_t number = ndr_u32(&n);
	const uint64_t max = ndr_count(&n), offset = ndr_count(&n), actual = ndr_count(&n);

	/* size_is(max), length_is(number), from the first: C706 O */
	if (ndr_short(&n) || offset || actual > max || actual != number)
		return false;

	towers = n;
	for (uint64_t i = 0; i < actual && !ndr_short(&towers); i++)
		(void)next_pointer(&towers, lookup);
	if (ndr_short(&towers))
		return false;

	for (uint64_t i = 0; i < actual; i++) {
		const uint64_t ref = next_pointer(&n, lookup);
		bool again = false;

		if (!ref)
			continue;
		if (w->n == EPM_TOWERS_MAX) {
			w->full = true;
			return true;
		}
		for (unsigned k = 0; k < w->n && !again; k++)
			again = seen[k] == ref;
		w->repeats |= again;
		if (again && alias)
			continue;
		seen[w->n] = ref;
		if (!walk_tower(&towers, s, w))
			return false;
	}
	/* Nothing follows in truth; where more than one reading is possible, that decides. */
	return walk_status(&towers, w) && (ndr_left(&towers) == 0 || (!s->assumed && !w->repeats));
}

/* Five floors, of which the first is an interface: how every tower with a port begins. */
static enum epm_result scan(const struct stub *s, struct walk *w)
{
	static const char signature[] = {0x05, 0x00, 0x13, 0x00, 0x0d};
	struct rd r = rd_over(s->p, s->n);

	while (rd_left(&r) >= sizeof signature && w->told < EPM_TOWERS_MAX) {
		struct rd at = r;
		struct granted g;

		if (rd_is(&at, signature, sizeof signature) && tower_read(r.p, rd_left(&r), &g)) {
			tell(w, s, &g);
			rd_skip(&r, tower_size(r.p, rd_left(&r)));
		} else {
			rd_skip(&r, 1);
		}
	}
	return w->told ? EPM_PARTIAL : EPM_BAD;
}

enum epm_result epm_read(const struct stub *s, granted_fn sink, void *user)
{
	struct walk look = {0};
	bool alias = true;
	bool fits = walk(s, alias, &look);

	/* Some servers number all their pointers alike, and yet send a tower for each. */
	if (!fits && look.repeats) {
		look = (struct walk){0};
		alias = false;
		fits = walk(s, alias, &look);
	}
	if (s->assumed && (!fits || look.malformed || look.full || s->cut ||
			   (look.n ? look.status != 0 : look.status != NOT_REGISTERED)))
		return EPM_BAD;

	struct walk told = {.sink = sink, .user = user};

	if (!fits)
		return scan(s, &told);
	(void)walk(s, alias, &told);
	if (look.malformed)
		return told.told ? EPM_PARTIAL : EPM_BAD;
	return !look.n && look.status == NOT_REGISTERED ? EPM_NOT_REGISTERED : EPM_OK;
}

/* uuid_p_t object, twr_p_t map_tower, the handle: pointers at the top, so what each points to
 * follows it (C706 14.3.12.2). */
static bool asked_as(const struct stub *s, enum rpc_syntax syntax, struct granted *ret)
{
	static const char begin[HANDLE];
	struct stub as = *s;
	struct ndr n;

	as.syntax = syntax;
	n = ndr_over(&as);
	if (ndr_ref(&n)) {
		uint8_t object[16];

		ndr_uuid(&n, object);
	}
	if (!ndr_ref(&n))
		return false;

	const uint64_t max = ndr_count(&n);
	const uint32_t length = ndr_u32(&n);
	const uint8_t *tower = ndr_take(&n, length);

	ndr_align(&n, 4);

	struct rd handle = rd_sub(&n.rd, HANDLE);

	return !ndr_short(&n) && max == length && rd_is(&handle, begin, sizeof begin) &&
	       tower_read(tower, length, ret);
}

bool epm_asked(const struct stub *s, struct granted *ret)
{
	return asked_as(s, RPC_NDR, ret) || asked_as(s, RPC_NDR64, ret);
}

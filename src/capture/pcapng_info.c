// SPDX-License-Identifier: BSD-2-Clause
/* What pcapng says beside packets: interfaces, losses, names. draft-ietf-opsawg-pcapng. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "capture/linktype.h"
#include "capture/reader_internal.h"

enum {
	OPT_END = 0,
	IF_NAME = 2,
	IF_TSRESOL = 9,
	IF_FILTER = 11,
	IF_TSOFFSET = 14,
	ISB_STARTTIME = 2,
	ISB_IFDROP = 5,
	ISB_OSDROP = 7,
	RECORD_END = 0,
	RECORD_IPV4 = 1,
	RECORD_IPV6 = 2,

	/* Of one section, and losses of one file. Two bytes number them in old packet blocks. */
	INTERFACES_MOST = 65536,
};

static uint64_t u64(struct rd *r, bool big)
{
	return big ? rd_be64(r) : rd_le64(r);
}

/* Section 3.5: code, length, value, filled up to 32 bits; the end may be left out. */
bool pcapng_option(struct rd *list, bool big, struct option *ret_option, bool *ret_broken)
{
	uint16_t n;

	*ret_broken = false;
	if (rd_left(list) == 0)
		return false;
	ret_option->code = rd_u16(list, !big);
	n = rd_u16(list, !big);
	ret_option->value = rd_sub(list, n);
	*ret_broken = rd_short(list);
	if (*ret_broken || ret_option->code == OPT_END)
		return false;
	/* The filling of the last one may be missing. */
	n = -n & 3;
	rd_skip(list, n < rd_left(list) ? n : rd_left(list));
	return true;
}

static int64_t saturated(__int128 ns)
{
	if (ns > INT64_MAX)
		return INT64_MAX;
	/* The least one says that there is no time. */
	return ns <= INT64_MIN ? INT64_MIN + 1 : (int64_t)ns;
}

int64_t pcapng_time(const struct interface *i, uint64_t t)
{
	__int128 s = (__int128)(t / i->units) + i->offset_s;
	__int128 fraction = (unsigned __int128)(t % i->units) * (uint64_t)NS_PER_S / i->units;

	return saturated(s * NS_PER_S + fraction);
}

/* Section 4.2, if_tsresol: the highest bit tells powers of 2 from those of 10. What 64 bits do not
 * hold ends at their greatest, as in Wireshark. */
static uint64_t units_of(uint8_t resolution)
{
	unsigned n = resolution & 0x7f;
	uint64_t units = 1;

	if (resolution & 0x80)
		return n < 64 ? UINT64_C(1) << n : UINT64_MAX;
	if (n > 19)
		return UINT64_MAX;
	while (n--)
		units *= 10;
	return units;
}

/* At most size - 1 bytes of a text, and no part of a UTF-8 character; n bytes, or to a NUL. */
static void text(char *to, size_t size, const uint8_t *p, size_t n)
{
	n = strnlen((const char *)p, n);
	if (n >= size) {
		n = size - 1;
		while (n && (p[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(to, p, n);
	to[n] = '\0';
}

/* Section 4.2, if_filter: a text behind a zero byte, or instructions behind a one. */
static void filter_of(struct source_interface *to, struct rd value)
{
	static const char code[] = "(instructions)", more[] = "...";
	const size_t size = sizeof to->filter;
	size_t n;

	if (rd_u8(&value) != 0) {
		memcpy(to->filter, code, sizeof code);
		return;
	}
	n = strnlen((const char *)value.p, rd_left(&value));
	if (n < size) {
		text(to->filter, size, value.p, n);
		return;
	}
	text(to->filter, size - (sizeof more - 1), value.p, n);
	n = strlen(to->filter);
	memcpy(to->filter + n, more, sizeof more);
}

int pcapng_interface(struct reader *r, struct rd body)
{
	struct pcapng *ng = &r->ng;
	bool big = ng->big, broken, has_resolution = false, has_offset = false;
	struct interface i = {.loss = -1, .units = 1000000};
	struct source_interface told = {0};
	struct option o;

	i.linktype = linktype_of(rd_u16(&body, !big));
	rd_skip(&body, 2);
	i.snaplen = rd_u32(&body, !big);
	i.max = linktype_max(i.linktype);
	if (i.snaplen == 0 || i.snaplen > INT32_MAX) /* 0: no limit (section 4.2) */
		i.snaplen = i.max;
	while (pcapng_option(&body, big, &o, &broken)) {
		size_t n = rd_left(&o.value);

		if (o.code == IF_NAME) {
			text(i.name, sizeof i.name, o.value.p, n);
		} else if (o.code == IF_FILTER && n) {
			filter_of(&told, o.value);
		} else if (o.code == IF_TSRESOL && n == 1 && !has_resolution) {
			i.units = units_of(rd_u8(&o.value));
			has_resolution = true;
		} else if (o.code == IF_TSOFFSET && n == 8 && !has_offset) {
			i.offset_s = (int64_t)u64(&o.value, big);
			has_offset = true;
		}
	}
	/* The resolution of its times may have been lost. */
	if (broken)
		return reader_damaged(r,
				      "options of an interface that are longer than their block");
	if (ng->interfaces.n >= INTERFACES_MOST)
		return reader_damaged(r, "more than %d interfaces", INTERFACES_MOST);
	told.linktype = i.linktype;
	told.snaplen = i.snaplen < i.max ? i.snaplen : 0;
	memcpy(told.name, i.name, sizeof told.name);
	if (!source_has_interface(&r->source, &told))
		return -ENOMEM;
	if (NS_PER_S % i.units == 0)
		i.unit_ns = (uint32_t)(NS_PER_S / i.units);

	/* The first one of a file comes before its filter has been checked. */
	if (r->filter.text && ng->first) {
		i.bpf = bpf_of(&r->filter, i.linktype, &r->source);
		if (!i.bpf)
			return -ENOMEM;
	}
	if (!ng->first || i.snaplen < r->source.snaplen)
		r->source.snaplen = i.snaplen;
	ng->first = true;
	return vec_push(&ng->interfaces, i) ? 1 : -ENOMEM;
}

/* The entry of an interface in source.losses; NULL: there are too many. Negative errno. */
static int loss_of(struct reader *r, struct interface *i, struct source_loss **ret_loss)
{
	struct source *s = &r->source;

	*ret_loss = NULL;
	if (i->loss < 0) {
		struct source_loss l = {.start_ns = TIME_NONE};

		if (s->losses.n >= INTERFACES_MOST)
			return 0;
		memcpy(l.name, i->name, sizeof l.name);
		if (!vec_push(&s->losses, l))
			return -ENOMEM;
		i->loss = (int32_t)s->losses.n - 1;
	}
	*ret_loss = &s->losses.v[i->loss];
	return 0;
}

/* Statistics count from the start of the capture, packets since the one before. Who wrote both may
 * have stopped before the last statistics: the greater one is nearer to the truth. */
static void count_losses(const struct interface *i, struct source_loss *l)
{
	uint64_t told;

	l->nic = i->nic;
	l->os = i->os;
	if (__builtin_add_overflow(i->nic, i->os, &told))
		return;
	if (i->drops > told)
		l->os = i->drops - i->nic;
}

int pcapng_lost(struct reader *r, struct interface *i, uint64_t n)
{
	struct source_loss *l;
	int status;

	if (__builtin_add_overflow(i->drops, n, &i->drops))
		i->drops = UINT64_MAX;
	status = loss_of(r, i, &l);
	if (l)
		count_losses(i, l);
	return status < 0 ? status : 1;
}

int pcapng_statistics(struct reader *r, struct rd body)
{
	struct pcapng *ng = &r->ng;
	bool big = ng->big, broken;
	uint32_t id = rd_u32(&body, !big);
	struct source_loss *l;
	struct interface *i;
	struct option o;
	int status;

	/* Not a packet: nothing is lost with it. */
	if (id >= ng->interfaces.n)
		return 1;
	rd_skip(&body, 8); /* when it was counted */
	i = &ng->interfaces.v[id];
	status = loss_of(r, i, &l);
	if (!l)
		return status < 0 ? status : 1;
	while (pcapng_option(&body, big, &o, &broken)) {
		if (rd_left(&o.value) != 8)
			continue;
		if (o.code == ISB_IFDROP) {
			i->nic = u64(&o.value, big);
		} else if (o.code == ISB_OSDROP) {
			i->os = u64(&o.value, big);
		} else if (o.code == ISB_STARTTIME) {
			uint64_t high = rd_u32(&o.value, !big);

			l->start_ns = pcapng_time(i, high << 32 | rd_u32(&o.value, !big));
		}
	}
	count_losses(i, l);
	return 1;
}

static bool names_of(struct source *s, const struct addr *a, struct rd value)
{
	while (rd_left(&value) && s->names.n < SOURCE_NAMES) {
		size_t n = strnlen((const char *)value.p, rd_left(&value));
		struct source_name name = {.addr = *a};

		text(name.name, sizeof name.name, value.p, n);
		rd_skip(&value, n < rd_left(&value) ? n + 1 : n);
		if (n && !vec_push(&s->names, name))
			return false;
	}
	return true;
}

/* Section 4.5: an address and one or more names of it in a record. */
int pcapng_names(struct reader *r, struct rd body)
{
	bool big = r->ng.big;

	while (rd_left(&body)) {
		uint16_t type = rd_u16(&body, !big), n = rd_u16(&body, !big);
		struct rd value = rd_sub(&body, n);
		struct addr a;

		/* What is broken here is not worth the packets behind it. */
		if (type == RECORD_END || rd_short(&body))
			break;
		rd_skip(&body, -n & 3);
		if (type == RECORD_IPV4) {
			a = addr_v4(rd_be32(&value));
		} else if (type == RECORD_IPV6) {
			const uint8_t *p = rd_take(&value, sizeof a.b);

			if (p)
				memcpy(a.b, p, sizeof a.b);
		} else {
			continue;
		}
		if (!rd_short(&value) && !names_of(&r->source, &a, value))
			return -ENOMEM;
	}
	return 1;
}

// SPDX-License-Identifier: BSD-2-Clause
/* TZif files and the rule at their end. Files come from outside, so that all is checked at load;
 * afterwards a question cannot fail. */
#include "base/tz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rd.h"

enum {
	MAX_FILE = 1 << 18, /* the largest of the real ones have some 4000 bytes */
	MAX_TYPES = 256,    /* RFC 8536 3.2: an index is one byte */
	MAX_ABBREV = 32,
	DAY_S = 86400,
	/* RFC 8536 3.2, utoff: the range that a reader should be able to count on. */
	MIN_UTOFF = -89999,
	MAX_UTOFF = 93599,
};

struct local_type {
	int32_t utoff;
	uint8_t abbrev; /* index into abbrevs */
};

enum rule_form {
	FORM_JULIAN, /* Jn: 1 to 365, 29 February is never counted */
	FORM_DAY,    /* n: 0 to 365, 29 February is counted */
	FORM_MONTH,  /* Mm.w.d */
};

struct rule_date {
	enum rule_form form;
	unsigned day; /* of the year, or of the week from Sunday */
	unsigned month, week;
	int32_t second; /* after midnight of that day, in the local time until then */
};

/* A POSIX TZ string, RFC 8536 3.3. */
struct footer {
	bool there, has_dst;
	int32_t utoff[2]; /* standard, daylight saving */
	char abbrev[2][MAX_ABBREV];
	struct rule_date start, end; /* of daylight saving */
};

struct tz {
	size_t n_times;
	int64_t *at; /* seconds, ascending */
	uint8_t *type_at;
	struct local_type type[MAX_TYPES];
	char abbrevs[MAX_TYPES + 1];
	struct footer footer;
};

struct header {
	uint8_t version;
	uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
};

/* ------------------------------------------------------------------ the TZ string */

static bool take(struct rd *r, char c)
{
	return rd_is(r, &c, 1);
}

static bool peek(const struct rd *r, char lo, char hi)
{
	return rd_left(r) && *r->p >= (uint8_t)lo && *r->p <= (uint8_t)hi;
}

static bool number(struct rd *r, unsigned max, unsigned *ret_)
{
	unsigned v = 0;

	if (!peek(r, '0', '9'))
		return false;
	while (peek(r, '0', '9')) {
		v = v * 10 + (rd_u8(r) - (unsigned)'0');
		if (v > max)
			return false;
	}
	*ret_ = v;
	return true;
}

/* "CET", or "<+0330>": at least three characters. */
static bool abbrev(struct rd *r, char to[MAX_ABBREV])
{
	bool quoted = take(r, '<');
	size_t n = 0;

	while (peek(r, 'A', 'Z') || peek(r, 'a', 'z') ||
	       (quoted && (peek(r, '0', '9') || peek(r, '+', '+') || peek(r, '-', '-')))) {
		if (n == MAX_ABBREV - 1)
			return false;
		to[n++] = (char)rd_u8(r);
	}
	to[n] = '\0';
	return n >= 3 && (!quoted || take(r, '>'));
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool clock_time(struct rd *r, unsigned max_hours, int32_t *ret_)
{
	bool minus = take(r, '-');
	unsigned h, m = 0, s = 0;

	if (!minus)
		take(r, '+');
	if (!number(r, max_hours, &h))
		return false;
	if (take(r, ':')) {
		if (!number(r, 59, &m))
			return false;
		if (take(r, ':') && !number(r, 59, &s))
			return false;
	}
	*ret_ = (int32_t)(h * 3600 + m * 60 + s) * (minus ? -1 : 1);
	return true;
}

static bool rule_date(struct rd *r, struct rule_date *d)
{
	*d = (struct rule_date){.second = 2 * 3600};
	if (take(r, 'M')) {
		d->form = FORM_MONTH;
		if (!number(r, 12, &d->month) || !d->month || !take(r, '.') ||
		    !number(r, 5, &d->week) || !d->week || !take(r, '.') || !number(r, 6, &d->day))
			return false;
	} else if (take(r, 'J')) {
		d->form = FORM_JULIAN;
		if (!number(r, 365, &d->day) || !d->day)
			return false;
	} else {
		d->form = FORM_DAY;
		if (!number(r, 365, &d->day))
			return false;
	}
	/* RFC 8536 3.3.1: from -167 to 167 hours. */
	return !take(r, '/') || clock_time(r, 167, &d->second);
}

static bool parse_footer(struct rd r, struct footer *f)
{
	/* A string that names daylight saving and no dates means these by old custom. */
	static const uint8_t usual[] = ",M3.2.0,M11.1.0";
	int32_t west;

	if (!rd_left(&r))
		return true;
	f->there = true;
	/* POSIX counts hours west of Greenwich. */
	if (!abbrev(&r, f->abbrev[0]) || !clock_time(&r, 24, &west))
		return false;
	f->utoff[0] = -west;
	if (!rd_left(&r))
		return true;
	f->has_dst = true;
	if (!abbrev(&r, f->abbrev[1]))
		return false;
	f->utoff[1] = f->utoff[0] + 3600;
	if (rd_left(&r) && !peek(&r, ',', ',')) {
		if (!clock_time(&r, 24, &west))
			return false;
		f->utoff[1] = -west;
	}
	if (!rd_left(&r))
		r = rd_over(usual, sizeof usual - 1);
	return take(&r, ',') && rule_date(&r, &f->start) && take(&r, ',') &&
	       rule_date(&r, &f->end) && !rd_left(&r);
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Seconds since the epoch of that day's second, as if local time were UTC. */
static int64_t rule_time(const struct rule_date *d, int64_t year)
{
	int64_t first = time_days(year, d->form == FORM_MONTH ? d->month : 1, 1);
	int64_t day = first, next, weekday;

	switch (d->form) {
	case FORM_JULIAN:
		day += d->day - 1 + (is_leap(year) && d->day > 59);
		break;
	case FORM_DAY:
		day += d->day;
		break;
	case FORM_MONTH:
		/* 1970-01-01 was a Thursday. */
		weekday = ((first + 4) % 7 + 7) % 7;
		day += (d->day + 7 - weekday) % 7 + 7 * ((int64_t)d->week - 1);
		next = d->month == 12 ? time_days(year + 1, 1, 1)
				      : time_days(year, d->month + 1, 1);
		if (day >= next) /* week 5 is the last one, be it the fourth */
			day -= 7;
		break;
	}
	return day * DAY_S + d->second;
}

/* Daylight saving lasts from each year's start to the first end after it. Years on both sides count
 * too: south of the equator it spans new year, and all-year rules end where the next begins. */
static bool in_dst(const struct footer *f, int64_t s)
{
	int64_t year = time_year(s);

	if (!f->has_dst)
		return false;
	for (int64_t y = year - 1; y <= year + 1; y++) {
		int64_t start = rule_time(&f->start, y) - f->utoff[0];
		int64_t end = rule_time(&f->end, y) - f->utoff[1];

		if (end <= start)
			end = rule_time(&f->end, y + 1) - f->utoff[1];
		if (s >= start && s < end)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ the file */

/* RFC 8536 3.1 */
static bool parse_header(struct rd *r, struct header *h)
{
	if (!rd_is(r, "TZif", 4))
		return false;
	h->version = rd_u8(r);
	rd_skip(r, 15);
	h->isutcnt = rd_be32(r);
	h->isstdcnt = rd_be32(r);
	h->leapcnt = rd_be32(r);
	h->timecnt = rd_be32(r);
	h->typecnt = rd_be32(r);
	h->charcnt = rd_be32(r);
	return !rd_short(r);
}

/* RFC 8536 3.2; `wide` is the size of a time. */
static uint64_t block_size(const struct header *h, unsigned wide)
{
	return (uint64_t)h->timecnt * (wide + 1) + (uint64_t)h->typecnt * 6 + h->charcnt +
	       (uint64_t)h->leapcnt * (wide + 4) + h->isstdcnt + h->isutcnt;
}

static int64_t read_time(struct rd *r, unsigned wide)
{
	return wide == 8 ? (int64_t)rd_be64(r) : (int32_t)rd_be32(r);
}

static bool read_types(struct tz *z, const struct header *h, struct rd *r)
{
	const uint8_t *chars;

	for (uint32_t i = 0; i < h->typecnt; i++) {
		struct local_type *t = &z->type[i];
		uint8_t is_dst;

		t->utoff = (int32_t)rd_be32(r);
		is_dst = rd_u8(r);
		t->abbrev = rd_u8(r);
		if (t->utoff < MIN_UTOFF || t->utoff > MAX_UTOFF || is_dst > 1 ||
		    t->abbrev >= h->charcnt)
			return false;
	}
	chars = rd_take(r, h->charcnt);
	if (!chars)
		return false;
	memcpy(z->abbrevs, chars, h->charcnt);
	return z->abbrevs[h->charcnt - 1] == '\0';
}

/* Zones of the "right" kind count leap seconds, packets do not: each record tells how many had been
 * added from its time on. */
static void without_leaps(struct tz *z, const struct header *h, struct rd *r, unsigned wide)
{
	int64_t from = INT64_MIN;
	int32_t add = 0;
	size_t i = 0;

	for (uint32_t k = 0; k <= h->leapcnt; k++) {
		int64_t next = k < h->leapcnt ? read_time(r, wide) : INT64_MAX;

		for (; i < z->n_times && z->at[i] < next; i++)
			if (z->at[i] >= from && z->at[i] > INT64_MIN / 2 &&
			    z->at[i] < INT64_MAX / 2)
				z->at[i] -= add;
		if (k < h->leapcnt)
			add = (int32_t)rd_be32(r);
		from = next;
	}
}

static bool ascending(const struct tz *z)
{
	for (size_t i = 1; i < z->n_times; i++)
		if (z->at[i] <= z->at[i - 1])
			return false;
	return true;
}

static bool read_block(struct tz *z, const struct header *h, struct rd *r, unsigned wide)
{
	if (!h->typecnt || h->typecnt > MAX_TYPES || !h->charcnt || h->charcnt > MAX_TYPES ||
	    block_size(h, wide) > rd_left(r))
		return false;
	z->n_times = h->timecnt;
	z->at = calloc((size_t)h->timecnt + 1, sizeof *z->at);
	z->type_at = calloc((size_t)h->timecnt + 1, sizeof *z->type_at);
	if (!z->at || !z->type_at)
		return false;
	for (size_t i = 0; i < z->n_times; i++)
		z->at[i] = read_time(r, wide);
	for (size_t i = 0; i < z->n_times; i++) {
		z->type_at[i] = rd_u8(r);
		if (z->type_at[i] >= h->typecnt)
			return false;
	}
	if (!ascending(z) || !read_types(z, h, r))
		return false;
	if (h->leapcnt)
		without_leaps(z, h, r, wide);
	/* Standard and UT indicators serve zones without dates of their own, which are none here.
	 */
	rd_skip(r, (size_t)h->isstdcnt + h->isutcnt);
	return !rd_short(r) && ascending(z);
}

/* RFC 8536 3.3: between two line feeds. */
static bool read_footer(struct tz *z, struct rd *r)
{
	const uint8_t *end;

	if (!take(r, '\n'))
		return false;
	end = rd_left(r) ? memchr(r->p, '\n', rd_left(r)) : NULL;
	return end && parse_footer(rd_over(r->p, (size_t)(end - r->p)), &z->footer);
}

struct tz *tz_parse(const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);
	struct header h;
	struct tz *z;

	if (!parse_header(&r, &h))
		return NULL;
	z = calloc(1, sizeof *z);
	if (!z)
		return NULL;
	if (!h.version) {
		if (read_block(z, &h, &r, 4))
			return z;
		return tz_free(z);
	}
	/* RFC 8536 4: from version 2 on, the 32-bit block is there for old readers alone. */
	if (block_size(&h, 4) > rd_left(&r))
		return tz_free(z);
	rd_skip(&r, (size_t)block_size(&h, 4));
	if (!parse_header(&r, &h) || !read_block(z, &h, &r, 8) || !read_footer(z, &r))
		return tz_free(z);
	return z;
}

struct tz *tz_free(struct tz *z)
{
	if (z) {
		free(z->at);
		free(z->type_at);
	}
	free(z);
	return NULL;
}

static struct tz *load_fd(int fd)
{
	struct tz *z = NULL;
	struct stat st;
	uint8_t *buf;
	size_t n = 0, size;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > MAX_FILE)
		return NULL;
	size = (size_t)st.st_size;
	buf = malloc(size);
	while (buf && n < size) {
		ssize_t got = read(fd, buf + n, size - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (buf && n == size)
		z = tz_parse(buf, n);
	free(buf);
	return z;
}

struct tz *tz_load(const char *name)
{
	const char *dir = getenv("TZDIR");
	char path[512];
	struct tz *z;
	int n, fd;

	/* A name stays within the folder. */
	if (!*name || *name == '/' || strstr(name, ".."))
		return NULL;
	n = snprintf(path, sizeof path, "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", name);
	if (n < 0 || (size_t)n >= sizeof path)
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	z = load_fd(fd);
	close(fd);
	return z;
}

/* ------------------------------------------------------------------ questions */

int32_t tz_offset(const struct tz *z, int64_t ns, const char **ret_abbrev)
{
	int64_t s = ns / NS_PER_S - (ns % NS_PER_S < 0);
	const char *name = "UTC";
	int32_t utoff = 0;

	if (z) {
		size_t lo = 0, hi = z->n_times; /* at[lo - 1] <= s < at[hi] */

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (z->at[mid] <= s)
				lo = mid + 1;
			else
				hi = mid;
		}
		if (lo == z->n_times && z->footer.there) {
			bool dst = in_dst(&z->footer, s);

			utoff = z->footer.utoff[dst];
			name = z->footer.abbrev[dst];
		} else {
			/* RFC 8536 3.2: type 0 holds before the first change. */
			const struct local_type *t = &z->type[lo ? z->type_at[lo - 1] : 0];

			utoff = t->utoff;
			name = z->abbrevs + t->abbrev;
		}
	}
	if (ret_abbrev)
		*ret_abbrev = name;
	return utoff;
}

static int64_t shifted(int64_t ns, int32_t utoff)
{
	int64_t local;

	/* Nanoseconds end within hours of 1677 and 2262. */
	if (__builtin_add_overflow(ns, utoff * NS_PER_S, &local))
		return utoff < 0 ? INT64_MIN : INT64_MAX;
	return local;
}

int64_t tz_day_of(const struct tz *z, int64_t ns)
{
	int64_t s = ns / NS_PER_S - (ns % NS_PER_S < 0) + tz_offset(z, ns, NULL);

	return s / DAY_S - (s % DAY_S < 0);
}

/* Midnight by the offset in force before it, unless that is still the day before: then clocks are
 * put back at midnight, and the offset behind it counts. Where they are put forward at midnight the
 * day begins at one. */
int64_t tz_day_begin(const struct tz *z, int64_t day)
{
	int64_t s = day * DAY_S;
	int64_t about = s - tz_offset(z, s * NS_PER_S, NULL);
	int64_t before = tz_offset(z, (about - DAY_S / 4) * NS_PER_S, NULL);
	int64_t behind = tz_offset(z, (about + DAY_S / 4) * NS_PER_S, NULL);
	int64_t ns = (s - before) * NS_PER_S;

	return tz_day_of(z, ns) < day ? (s - behind) * NS_PER_S : ns;
}

static const char *offset_text(int32_t utoff, char buf[16])
{
	unsigned s = (unsigned)(utoff < 0 ? -utoff : utoff);
	int n = snprintf(buf, 16, "%c%02u:%02u", utoff < 0 ? '-' : '+', s / 3600 % 100,
			 s / 60 % 60);

	/* Mean solar time of old days has seconds. */
	if (s % 60 && n > 0)
		snprintf(buf + n, 16 - (size_t)n, ":%02u", s % 60);
	return buf;
}

const char *time_human_tz(int64_t ns, const struct tz *z, char buf[TIME_TEXT])
{
	int32_t utoff = tz_offset(z, ns, NULL);
	char text[TIME_TEXT], offset[16];

	snprintf(buf, TIME_TEXT, "%.19s %s", time_human(shifted(ns, utoff), text),
		 z ? offset_text(utoff, offset) : "UTC");
	return buf;
}

const char *time_span_human(int64_t from_ns, int64_t to_ns, const struct tz *z,
			    char buf[TIME_SPAN_TEXT])
{
	int32_t utoff = tz_offset(z, from_ns, NULL);
	char from[TIME_TEXT], to[TIME_TEXT];

	if (utoff == tz_offset(z, to_ns, NULL))
		time_human(shifted(from_ns, utoff), from);
	else
		time_human_tz(from_ns, z, from);
	snprintf(buf, TIME_SPAN_TEXT, "%s to %s", from, time_human_tz(to_ns, z, to));
	return buf;
}

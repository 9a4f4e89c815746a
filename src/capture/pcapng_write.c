// SPDX-License-Identifier: BSD-2-Clause
#include "capture/pcapng_write.h"

#include <errno.h>
#include <string.h>

#include "base/time.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_ENHANCED = 6,
	ORDER_MAGIC = 0x1a2b3c4d,
	BLOCK_LENGTHS = 12, /* type, length, and length again */

	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_USERAPPL = 4,
	IF_TSRESOL = 9,
	IF_TSOFFSET = 14,

	OPTION_HEAD = 4,
	OPTION_MAX = UINT16_MAX & ~3, /* a value's length has 16 bits */
};

/* What times before 1970 count from (section 4.2, if_tsoffset): time stamps have no sign. The
 * earliest whole second of 64 bits of nanoseconds. */
static const int64_t long_ago_s = INT64_MIN / NS_PER_S;

static void bytes(struct pcapng_writer *w, const void *p, size_t n)
{
	if (w->err || !n || fwrite(p, 1, n, w->file) == n)
		return;
	w->err = errno ? -errno : -EIO;
}

static void number(struct pcapng_writer *w, uint64_t v, size_t size)
{
	uint8_t b[8];

	for (size_t i = 0; i < size; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	bytes(w, b, size);
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static void padding(struct pcapng_writer *w, size_t n)
{
	static const uint8_t zero[4];

	bytes(w, zero, padded(n) - n);
}

/* Of a text that is too long, as many whole characters as an option can hold. */
static size_t text_length(const char *z)
{
	size_t n = z ? strlen(z) : 0;

	if (n <= OPTION_MAX)
		return n;
	n = OPTION_MAX;
	while (n && ((unsigned char)z[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static size_t text_size(const char *z)
{
	return z && *z ? OPTION_HEAD + padded(text_length(z)) : 0;
}

static void text_option(struct pcapng_writer *w, uint16_t code, const char *z)
{
	size_t n = text_length(z);

	if (!n)
		return;
	number(w, code, 2);
	number(w, n, 2);
	bytes(w, z, n);
	padding(w, n);
}

/* Section 3.5: a list of options that is not empty ends with this one. */
static size_t end_size(size_t options)
{
	return options ? OPTION_HEAD : 0;
}

static void end_option(struct pcapng_writer *w, size_t options)
{
	if (options)
		number(w, OPT_END, 4);
}

int pcapng_write_begin(struct pcapng_writer *w, FILE *file, const char *application,
		       const char *comment, uint32_t snaplen)
{
	size_t options = text_size(application) + text_size(comment);
	size_t total = BLOCK_LENGTHS + 16 + options + end_size(options);

	*w = (struct pcapng_writer){.file = file, .snaplen = snaplen};
	number(w, BLOCK_SECTION, 4);
	number(w, total, 4);
	number(w, ORDER_MAGIC, 4);
	number(w, 1, 2);
	number(w, 0, 2);
	number(w, UINT64_MAX, 8); /* how long the section is: not said */
	text_option(w, OPT_COMMENT, comment);
	text_option(w, SHB_USERAPPL, application);
	end_option(w, options);
	number(w, total, 4);
	return w->err;
}

static void interface(struct pcapng_writer *w, const struct pcapng_interface_row *row)
{
	size_t options = OPTION_HEAD + 4 + (row->before_1970 ? OPTION_HEAD + 8 : 0);
	size_t total = BLOCK_LENGTHS + 8 + options + end_size(options);

	number(w, BLOCK_INTERFACE, 4);
	number(w, total, 4);
	number(w, row->linktype, 2);
	number(w, 0, 2);
	number(w, w->snaplen, 4);
	number(w, IF_TSRESOL, 2);
	number(w, 1, 2);
	number(w, 9, 4); /* nanoseconds, and three bytes that fill up */
	if (row->before_1970) {
		number(w, IF_TSOFFSET, 2);
		number(w, 8, 2);
		number(w, (uint64_t)long_ago_s, 8);
	}
	end_option(w, options);
	number(w, total, 4);
}

/* The number of the frame's interface, which is written when it is the first of its kind. */
static size_t interface_of(struct pcapng_writer *w, const struct frame *f)
{
	struct pcapng_interface_row row = {.linktype = f->linktype, .before_1970 = f->ts_ns < 0};
	size_t i = 0;

	while (i < w->interfaces.n && (w->interfaces.v[i].linktype != row.linktype ||
				       w->interfaces.v[i].before_1970 != row.before_1970))
		i++;
	if (i < w->interfaces.n)
		return i;
	if (!vec_push(&w->interfaces, row))
		w->err = -ENOMEM;
	else
		interface(w, &row);
	return i;
}

int pcapng_write_frame(struct pcapng_writer *w, const struct frame *f, const char *comment)
{
	size_t options = text_size(comment);
	size_t total = BLOCK_LENGTHS + 20 + padded(f->len) + options + end_size(options);
	size_t id = interface_of(w, f);
	uint64_t t = (uint64_t)f->ts_ns;

	if (f->ts_ns < 0)
		t -= (uint64_t)long_ago_s * (uint64_t)NS_PER_S;
	number(w, BLOCK_ENHANCED, 4);
	number(w, total, 4);
	number(w, id, 4);
	number(w, t >> 32, 4);
	number(w, t & UINT32_MAX, 4);
	number(w, f->len, 4);
	number(w, f->wire_len, 4);
	bytes(w, f->p, f->len);
	padding(w, f->len);
	text_option(w, OPT_COMMENT, comment);
	end_option(w, options);
	number(w, total, 4);
	return w->err;
}

void pcapng_write_done(struct pcapng_writer *w)
{
	vec_done(&w->interfaces);
}

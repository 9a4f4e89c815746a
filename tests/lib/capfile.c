// SPDX-License-Identifier: BSD-2-Clause
#include "capfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/codec.h"

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "capfile: %s\n", what);
	abort();
}

void cap_bytes(struct capfile *c, const void *p, size_t n)
{
	if (c->n + n > c->cap) {
		c->cap = 2 * (c->n + n);
		c->p = realloc(c->p, c->cap);
		check(c->p != NULL, "no memory");
	}
	if (n)
		memcpy(c->p + c->n, p, n);
	c->n += n;
}

void cap_put(struct capfile *c, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		unsigned place = c->big ? size - 1 - i : i;
		uint8_t byte = place < sizeof v ? (uint8_t)(v >> 8 * place) : 0;

		cap_bytes(c, &byte, 1);
	}
}

void cap_done(struct capfile *c)
{
	free(c->p);
	*c = (struct capfile){0};
}

void cap_pcap(struct capfile *c, uint32_t magic, unsigned major, unsigned minor, uint32_t snaplen,
	      uint32_t network)
{
	cap_put(c, magic, 4), cap_put(c, major, 2), cap_put(c, minor, 2), cap_put(c, 0, 8);
	cap_put(c, snaplen, 4), cap_put(c, network, 4);
}

void cap_record(struct capfile *c, uint32_t seconds, uint32_t fraction, const void *p, uint32_t len,
		uint32_t wire)
{
	cap_put(c, seconds, 4), cap_put(c, fraction, 4), cap_put(c, len, 4), cap_put(c, wire, 4);
	cap_bytes(c, p, len);
}

void cap_begin(struct capfile *c, uint32_t type)
{
	c->block = c->n;
	cap_put(c, type, 4), cap_put(c, 0, 4);
}

void cap_end(struct capfile *c)
{
	struct capfile length = {.big = c->big};

	cap_put(c, 0, (unsigned)-c->n & 3);
	cap_put(&length, c->n + 4 - c->block, 4);
	memcpy(c->p + c->block + 4, length.p, 4);
	cap_bytes(c, length.p, 4);
	cap_done(&length);
}

void cap_option(struct capfile *c, uint16_t code, const void *p, size_t n)
{
	cap_put(c, code, 2), cap_put(c, n, 2);
	cap_bytes(c, p, n);
	cap_put(c, 0, (unsigned)-n & 3);
}

void cap_option_u64(struct capfile *c, uint16_t code, uint64_t v)
{
	cap_put(c, code, 2), cap_put(c, 8, 2), cap_put(c, v, 8);
}

void cap_section(struct capfile *c)
{
	cap_begin(c, 0x0a0d0d0a);
	cap_put(c, 0x1a2b3c4d, 4), cap_put(c, 1, 2), cap_put(c, 0, 2);
	cap_put(c, UINT64_MAX, 8);
	cap_end(c);
}

void cap_interface(struct capfile *c, uint16_t linktype, uint32_t snaplen)
{
	cap_begin(c, 1);
	cap_put(c, linktype, 2), cap_put(c, 0, 2), cap_put(c, snaplen, 4);
	cap_end(c);
}

void cap_enhanced(struct capfile *c, uint32_t id, uint64_t t, const void *p, uint32_t len,
		  uint32_t wire)
{
	cap_begin(c, 6);
	cap_put(c, id, 4), cap_put(c, t >> 32, 4), cap_put(c, t & UINT32_MAX, 4);
	cap_put(c, len, 4), cap_put(c, wire, 4);
	cap_bytes(c, p, len);
	cap_end(c);
}

/* A codec that only copies: so an input needs no file, and hands out as little as it likes. */
struct copy {
	size_t step, left;
};

static struct copy next_copy;

static void *copy_open(void)
{
	struct copy *k = malloc(sizeof *k);

	if (k)
		*k = next_copy;
	return k;
}

static int copy_step(void *state, struct codec_io *io)
{
	struct copy *k = state;
	size_t n = io->n_in < io->n_out ? io->n_in : io->n_out;

	if (k->step && n > k->step)
		n = k->step;
	if (n)
		memcpy(io->out, io->in, n);
	io->in += n;
	io->n_in -= n;
	io->out += n;
	io->n_out -= n;
	k->left -= n;
	return k->left ? CODEC_MORE : CODEC_END;
}

struct input cap_input(const uint8_t *p, size_t n, size_t step, bool cut)
{
	static const struct codec_ops copy = {
		.name = "copy", .open = copy_open, .step = copy_step, .close = free};
	static int nothing = -1;
	struct input in = {.keep = true};

	if (nothing < 0)
		nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	in.fd = nothing;
	next_copy = (struct copy){.step = step, .left = n + cut};
	check(n <= CODEC_BUFFER, "too many bytes for an input");
	in.codec = codec_new(&copy, p, n);
	check(in.fd >= 0 && in.codec, "no input");
	return in;
}

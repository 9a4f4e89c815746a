// SPDX-License-Identifier: BSD-2-Clause
#include "build.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what, const char *text)
{
	fprintf(stderr, "%s: %s\n", what, text);
	abort();
}

struct addr A(const char *text) {
	struct addr a = {0};

	if (!addr_parse(text, &a))
		die("no address", text);
	return a;
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t unhex(const char *hex, uint8_t *buf, size_t cap)
{
	size_t n = 0;

	for (const char *p = hex; *p; p++) {
		if (isspace((unsigned char)*p))
			continue;

		int hi = nibble(p[0]), lo = p[1] ? nibble(p[1]) : -1;

		if (hi < 0 || lo < 0 || n == cap)
			die("bad hex", hex);
		buf[n++] = (uint8_t)(hi << 4 | lo);
		p++;
	}
	return n;
}

struct wr {
	uint8_t *p;
	size_t n, cap;
};

static void put(struct wr *w, const void *p, size_t n)
{
	if (w->cap - w->n < n)
		die("frame", "too long for its buffer");
	if (n)
		memcpy(w->p + w->n, p, n);
	w->n += n;
}

static void be(struct wr *w, uint64_t v, unsigned bytes)
{
	while (bytes--) {
		uint8_t b = (uint8_t)(v >> bytes * 8);

		put(w, &b, 1);
	}
}

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t build_frame(const struct build *b, uint8_t *buf, size_t cap)
{
	struct wr w = {buf, 0, cap};
	struct addr src = A(b->src), dst = A(b->dst);
	bool v4 = addr_is_v4(&src);
	size_t l4 = b->proto == IPPROTO_NR_TCP ? 20 : 8;
	uint8_t ttl = b->ttl ? b->ttl : 64;

	put(&w, "\x02\x00\x00\x00", 4);
	put(&w, dst.b + 14, 2);
	put(&w, "\x02\x00\x00\x00", 4);
	put(&w, src.b + 14, 2);
	if (b->vlan)
		be(&w, 0x8100, 2), be(&w, b->vlan, 2);
	be(&w, v4 ? 0x0800 : 0x86dd, 2);

	size_t ip = w.n;

	if (v4) {
		be(&w, 0x4500, 2), be(&w, 20 + l4 + b->n, 2), be(&w, 0x00014000, 4);
		be(&w, ttl, 1), be(&w, b->proto, 1), be(&w, 0, 2);
		put(&w, src.b + 12, 4), put(&w, dst.b + 12, 4);

		uint16_t sum = fold(sum16(buf + ip, 20, 0));

		buf[ip + 10] = (uint8_t)(sum >> 8), buf[ip + 11] = (uint8_t)sum;
	} else {
		be(&w, 0x60000000, 4), be(&w, l4 + b->n, 2), be(&w, b->proto, 1), be(&w, ttl, 1);
		put(&w, src.b, 16), put(&w, dst.b, 16);
	}

	size_t t = w.n;

	be(&w, b->sport, 2), be(&w, b->dport, 2);
	if (b->proto == IPPROTO_NR_TCP) {
		be(&w, b->seq, 4), be(&w, b->ack, 4), be(&w, 0x50, 1), be(&w, b->flags, 1);
		be(&w, 0xffff, 2), be(&w, 0, 4);
	} else {
		be(&w, 8 + b->n, 2), be(&w, 0, 2);
	}
	put(&w, b->payload, b->n);

	uint32_t sum = sum16(v4 ? src.b + 12 : src.b, v4 ? 4 : 16, b->proto);

	sum = sum16(v4 ? dst.b + 12 : dst.b, v4 ? 4 : 16, sum + (uint32_t)(l4 + b->n));

	uint16_t c = fold(sum16(buf + t, w.n - t, sum));
	size_t at = t + (b->proto == IPPROTO_NR_TCP ? 16 : 6);

	buf[at] = (uint8_t)(c >> 8), buf[at + 1] = (uint8_t)c;
	return w.n;
}

struct packet build_packet(const struct build *b, int64_t ts_ns, uint32_t number)
{
	size_t l4 = b->proto == IPPROTO_NR_TCP ? 20 : 8;

	return (struct packet){
		.ts_ns = ts_ns,
		.number = number,
		.src = A(b->src),
		.dst = A(b->dst),
		.sport = b->sport,
		.dport = b->dport,
		.proto = b->proto,
		.ttl = b->ttl ? b->ttl : 64,
		.tcp_flags = b->flags,
		.vlan = b->vlan,
		.seq = b->seq,
		.ack = b->ack,
		.payload = b->payload,
		.payload_len = (uint32_t)b->n,
		.payload_wire = (uint32_t)b->n,
		.wire_len = (uint32_t)(14 + 20 + l4 + b->n),
	};
}

// SPDX-License-Identifier: BSD-2-Clause
#include "report/redact_map.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "recognise/recognise.h"
#include "roles/roles.h"

enum { WORD_MAX = 255 };

/* --- the secret function -----------------------------------------------------------------------
 */

/* Of a text in lower case, padded to words; the length keeps paddings apart. */
static uint64_t keyed(const struct mask *m, const char *z, size_t n)
{
	uint64_t w[WORD_MAX / 8 + 2] = {0}, more = 0;

	for (; n > WORD_MAX; z += WORD_MAX, n -= WORD_MAX)
		more = keyed(m, z, WORD_MAX) + more * 31;
	for (size_t i = 0; i < n; i++)
		w[i / 8] |= (uint64_t)(uint8_t)tolower((unsigned char)z[i]) << i % 8 * 8;
	w[(n + 7) / 8] = n ^ more;
	return siphash13_words(w, (n + 7) / 8 + 1, m->key);
}

/* --- addresses ---------------------------------------------------------------------------------
 */

/* Bits that stay: what says which kind of address it is. */
static unsigned kept_bits(const struct addr *a)
{
	static const uint8_t mixed[] = {100, 169, 172, 192, 198}; /* private in part */
	bool v4 = addr_is_v4(a);

	if (addr_is_multicast(a) || addr_is_broadcast(a) || addr_is_unspecified(a) ||
	    addr_is_loopback(a))
		return 128;
	if (!v4)
		return addr_is_link_local(a) ? 64 : 16; /* with the VLAN, see addr.h */
	for (size_t i = 0; i < sizeof mixed; i++)
		if (a->b[12] == mixed[i])
			return 96 + 16;
	return 96 + 8;
}

/* Each bit is turned or not by what stands before it, so that equal prefixes stay equal. */
struct addr mask_addr(const struct mask *m, const struct addr *a)
{
	struct addr out = *a;

	for (unsigned i = kept_bits(a); i < 128; i++) {
		uint64_t w[3] = {0, 0, i};

		for (unsigned k = 0; k < i; k++)
			w[k / 64] |= (uint64_t)(a->b[k / 8] >> (7 - k % 8) & 1) << k % 64;
		if (siphash13_words(w, 3, m->key) & 1)
			out.b[i / 8] ^= (uint8_t)(0x80 >> i % 8);
	}
	return out;
}

static void put_prefix(const struct mask *m, struct out *o, const char *z, const struct addr *a,
		       size_t n)
{
	struct addr masked = mask_addr(m, a);
	unsigned bits = addr_is_v4(a) ? 32 : 128, base = 128 - bits, len = bits;
	char buf[ADDR_TEXT];

	if (z[n] == '/' && isdigit((unsigned char)z[n + 1])) {
		unsigned long l = strtoul(z + n + 1, NULL, 10);

		len = l < bits ? (unsigned)l : bits;
	}
	for (unsigned i = base + len; i < 128; i++)
		masked.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	out_puts(o, addr_format(&masked, buf));
}

/* The length of an address that text begins with, or of a network's; 0: it does not. */
static size_t address_at(const char *z, struct addr *ret)
{
	size_t n = strspn(z, "0123456789abcdefABCDEF:.");
	char buf[ADDR_TEXT];

	if (n >= sizeof buf)
		return 0;
	for (; n >= 2; n--) {
		if (z[n - 1] == '.' || (z[n - 1] == ':' && z[n - 2] != ':'))
			continue;
		memcpy(buf, z, n);
		buf[n] = '\0';
		return addr_parse(buf, ret) ? n : 0;
	}
	return 0;
}

/* aa:bb:cc:dd:ee:ff */
static size_t card_at(const char *z)
{
	for (size_t i = 0; i < 17; i++)
		if (i % 3 == 2 ? z[i] != ':' && z[i] != '-' : !isxdigit((unsigned char)z[i]))
			return 0;
	return isalnum((unsigned char)z[17]) || z[17] == ':' ? 0 : 17;
}

/* --- names -------------------------------------------------------------------------------------
 */

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

/* A host may be called by a word of ours, such as sql; that gives nobody away, and to take the word
 * out of every sentence would. */
static bool is_ours(const char *z)
{
	static const char *const words[] = {"crm", "www"};

	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (strcmp(words[i], z) == 0)
			return true;
	return *z == '_' || role_by_name(z) != ROLE_N || strcmp(app_name(app_by_name(z)), z) == 0;
}

static void keep(struct mask *m, const char *z, size_t n)
{
	char *copy;

	if (n < 2 || n > WORD_MAX)
		return;
	copy = arena_strndup(m->arena, z, n);
	for (char *p = copy; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	if (copy && is_ours(copy))
		return;
	if (!copy || !vec_push(&m->names, copy))
		m->failed = true;
}

static bool is_number(const char *z, size_t n)
{
	return strspn(z, "0123456789") >= n;
}

void mask_learn(struct mask *m, const char *name)
{
	const char *label = name;
	struct addr a;

	if (!name || addr_parse(name, &a))
		return;
	for (const char *z = name; *z; z++)
		if (!is_name_char(*z) && *z != '.') {
			if (!vec_push(&m->odd, name))
				m->failed = true;
			return;
		}
	for (size_t n; *label; label += n + (label[n] == '.')) {
		n = strcspn(label, ".");
		if (!is_number(label, n) && (label[n] || label == name))
			keep(m, label, n);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int longest_first(const void *a, const void *b)
{
	size_t x = strlen(*(const char *const *)a), y = strlen(*(const char *const *)b);

	return x != y ? (x < y ? 1 : -1) : by_text(a, b);
}

void mask_ready(struct mask *m)
{
	if (m->names.n)
		qsort(m->names.v, m->names.n, sizeof *m->names.v, by_text);
	if (m->odd.n)
		qsort(m->odd.v, m->odd.n, sizeof *m->odd.v, longest_first);
}

void mask_done(struct mask *m)
{
	vec_done(&m->names);
	vec_done(&m->odd);
}

static bool is_known(const struct mask *m, const char *z, size_t n)
{
	char buf[WORD_MAX + 1];
	const char *key = buf;

	if (n > WORD_MAX || !m->names.n)
		return false;
	for (size_t i = 0; i < n; i++)
		buf[i] = (char)tolower((unsigned char)z[i]);
	buf[n] = '\0';
	return bsearch(&key, m->names.v, m->names.n, sizeof *m->names.v, by_text);
}

static void put_name(const struct mask *m, struct out *o, const char *z, size_t n)
{
	out_printf(o, "name-%08" PRIx32, (uint32_t)keyed(m, z, n));
}

/* Labels, of which the last of several stays. */
static void put_labels(const struct mask *m, struct out *o, const char *z, size_t n)
{
	bool several = memchr(z, '.', n);

	for (size_t at = 0; at < n;) {
		const char *dot = memchr(z + at, '.', n - at);
		size_t len = dot ? (size_t)(dot - z) - at : n - at;

		if (dot || !several)
			put_name(m, o, z + at, len);
		else
			out_bytes(o, z + at, len);
		if (dot)
			out_char(o, '.');
		at += len + 1;
	}
}

/* --- text --------------------------------------------------------------------------------------
 */

/* dc01.contoso.com: labels of letters, the last of letters alone. Numbers and file names of ours
 * are none. */
static bool is_domain(const char *z, size_t n)
{
	const char *last = memrchr(z, '.', n);
	size_t tail = last ? (size_t)(z + n - last) - 1 : 0;

	if (!last || tail < 2)
		return false;
	for (size_t i = 0; i < tail; i++)
		if (!isalpha((unsigned char)last[1 + i]))
			return false;
	return !is_number(z, (size_t)(last - z));
}

/* Words with hyphens may have a name in them. */
static void put_word(const struct mask *m, struct out *o, const char *z, size_t n)
{
	char word[WORD_MAX + 1];

	snprintf(word, sizeof word, "%.*s", n > WORD_MAX ? WORD_MAX : (int)n, z);
	if (is_ours(word)) {
		out_bytes(o, z, n);
		return;
	}
	if (is_known(m, z, n)) {
		put_name(m, o, z, n);
		return;
	}
	for (size_t at = 0; at < n;) {
		size_t len = 0;

		while (at + len < n && z[at + len] != '-' && z[at + len] != '_')
			len++;
		if (len > 2 && is_known(m, z + at, len))
			put_name(m, o, z + at, len);
		else
			out_bytes(o, z + at, len);
		at += len;
		if (at < n)
			out_char(o, z[at++]);
	}
}

static size_t dotted(const char *z)
{
	size_t n = 0;

	while (is_name_char(z[n]) || (z[n] == '.' && n && is_name_char(z[n + 1])))
		n++;
	return n;
}

static void put_dotted(const struct mask *m, struct out *o, const char *z, size_t n)
{
	if (is_domain(z, n)) {
		put_labels(m, o, z, n);
		return;
	}
	for (size_t at = 0; at < n;) {
		const char *dot = memchr(z + at, '.', n - at);
		size_t len = dot ? (size_t)(dot - z) - at : n - at;

		put_word(m, o, z + at, len);
		if (dot)
			out_char(o, '.');
		at += len + 1;
	}
}

static size_t odd_at(const struct mask *m, struct out *o, const char *z)
{
	for (size_t i = 0; i < m->odd.n; i++) {
		size_t n = strlen(m->odd.v[i]);

		if (strncasecmp(z, m->odd.v[i], n) != 0)
			continue;
		put_name(m, o, m->odd.v[i], n);
		return n;
	}
	return 0;
}

static size_t id_at(const char *z)
{
	return strncmp(z, "F-", 2) == 0 && strspn(z + 2, "0123456789abcdef") == 12 ? 14 : 0;
}

/* What stands behind these words of ours is a name, whatever it is. */
static size_t told_name(const char *z)
{
	static const char *const words[] = {"calling itself ", "for the name ", "one name in DNS (",
					    "named "};

	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (strncmp(z, words[i], strlen(words[i])) == 0)
			return strlen(words[i]);
	return 0;
}

/* One piece of text from z on; its length. */
static size_t piece(const struct mask *m, struct out *o, const char *z)
{
	struct addr a;
	size_t n;
	char id[16];

	if ((n = odd_at(m, o, z)) != 0)
		return n;
	if ((n = id_at(z)) != 0) {
		memcpy(id, z, n);
		id[n] = '\0';
		mask_id(m, id);
		out_puts(o, id);
	} else if ((n = card_at(z)) != 0) {
		out_printf(o, "02:00:%02x:%02x:%02x:%02x", (unsigned)(keyed(m, z, n) & 255),
			   (unsigned)(keyed(m, z, n) >> 8 & 255),
			   (unsigned)(keyed(m, z, n) >> 16 & 255),
			   (unsigned)(keyed(m, z, n) >> 24 & 255));
	} else if ((n = address_at(z, &a)) != 0 && !is_name_char(z[n])) {
		put_prefix(m, o, z, &a, n);
	} else if ((n = told_name(z)) != 0) {
		size_t len = dotted(z + n);

		out_bytes(o, z, n);
		put_labels(m, o, z + n, len);
		n += len;
	} else if ((n = dotted(z)) != 0) {
		put_dotted(m, o, z, n);
	} else {
		out_char(o, *z);
		n = 1;
	}
	return n;
}

static const char *kept(struct mask *m, struct out *o)
{
	const char *z = o->failed ? NULL : arena_strdup(m->arena, out_str(o));

	m->failed |= !z;
	out_done(o);
	return z ? z : "";
}

const char *mask_text(struct mask *m, const char *text)
{
	struct out o = {0};

	if (!text)
		return NULL;
	for (const char *z = text; *z;)
		z += piece(m, &o, z);
	return kept(m, &o);
}

const char *mask_name(struct mask *m, const char *name)
{
	struct out o = {0};

	if (!name)
		return NULL;
	if (name[dotted(name)])
		put_name(m, &o, name, strlen(name));
	else
		put_labels(m, &o, name, strlen(name));
	return kept(m, &o);
}

const char *mask_file(struct mask *m, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *base = slash ? slash + 1 : path, *dot;
	struct out o = {0};

	if (!path || strcmp(path, "-") == 0)
		return path;
	dot = strrchr(base, '.');
	out_printf(&o, "file-%08" PRIx32, (uint32_t)keyed(m, path, strlen(path)));
	if (dot && dot != base && strlen(dot) < 8 && dotted(dot + 1) == strlen(dot + 1))
		out_puts(&o, dot);
	return kept(m, &o);
}

const char *mask_word(struct mask *m, const char *kind, const char *word)
{
	struct out o = {0};

	if (!word)
		return NULL;
	out_printf(&o, "%s-%08" PRIx32, kind, (uint32_t)keyed(m, word, strlen(word)));
	return kept(m, &o);
}

void mask_id(const struct mask *m, char id[16])
{
	uint64_t h = keyed(m, id, strlen(id));

	snprintf(id, 16, "F-%012" PRIx64, h & 0xffffffffffff);
}

// SPDX-License-Identifier: BSD-2-Clause
#include "learn/x509.h"

#include <string.h>

enum { /* X.690 8.1.2 */
       TAG_BOOLEAN = 0x01,
       TAG_OCTETS = 0x04,
       TAG_OID = 0x06,
       TAG_UTF8 = 0x0c,
       TAG_BMP = 0x1e,
       TAG_SEQUENCE = 0x30,
       TAG_SET = 0x31,
       TAG_VERSION = 0xa0,    /* [0] of a certificate, RFC 5280 4.1 */
       TAG_EXTENSIONS = 0xa3, /* [3] */
       TAG_DNS_NAME = 0x82,   /* [2] of a GeneralName, RFC 5280 4.2.1.6 */
};

/* The next element: its tag and what is in it. False when it is not there whole. */
static bool element(struct rd *r, uint8_t *ret_tag, struct rd *ret)
{
	uint8_t tag = rd_u8(r), first = rd_u8(r);
	size_t len = first;

	if (first & 0x80) {
		unsigned n = first & 0x7f;

		if (n < 1 || n > 3) /* 16 MB are enough for anything; 80 is not DER */
			return false;
		for (len = 0; n; n--)
			len = len << 8 | rd_u8(r);
	}
	if (rd_short(r) || len > rd_left(r))
		return false;
	*ret_tag = tag;
	*ret = rd_sub(r, len);
	return true;
}

static bool expect(struct rd *r, uint8_t tag, struct rd *ret)
{
	uint8_t is;

	return element(r, &is, ret) && is == tag;
}

/* What hosts are called, and nothing else: people and products have names, too. */
static bool host_name(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		bool word = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') ||
			    s[i] == '-' || s[i] == '_' || s[i] == '.';

		if (!word && !(s[i] == '*' && i == 0 && n > 2 && s[1] == '.'))
			return false;
	}
	return n > 0;
}

static bool keep(struct rd text, char ret[SIGHTING_NAME])
{
	memset(ret, 0, SIGHTING_NAME);
	if (!rd_left(&text) || rd_left(&text) >= SIGHTING_NAME)
		return false;
	sighting_text(ret, 0, text);
	sighting_lower(ret);
	return host_name(ret);
}

static unsigned alt_names(struct rd names, char ret[X509_NAMES][SIGHTING_NAME])
{
	struct rd list, one;
	unsigned n = 0;
	uint8_t tag;

	if (!expect(&names, TAG_SEQUENCE, &list))
		return 0;
	while (n < X509_NAMES && rd_left(&list) && element(&list, &tag, &one))
		if (tag == TAG_DNS_NAME)
			n += keep(one, ret[n]);
	return n;
}

static unsigned extensions(struct rd r, char ret[X509_NAMES][SIGHTING_NAME])
{
	static const uint8_t subject_alt_name[] = {0x55, 0x1d, 0x11}; /* 2.5.29.17 */
	struct rd list, one, oid, value;
	uint8_t tag;

	if (!expect(&r, TAG_SEQUENCE, &list))
		return 0;
	while (rd_left(&list) && expect(&list, TAG_SEQUENCE, &one)) {
		if (!expect(&one, TAG_OID, &oid) || !element(&one, &tag, &value))
			return 0;
		if (tag == TAG_BOOLEAN && !element(&one, &tag, &value))
			return 0;
		if (tag == TAG_OCTETS && rd_left(&oid) == sizeof subject_alt_name &&
		    !memcmp(oid.p, subject_alt_name, sizeof subject_alt_name))
			return alt_names(value, ret);
	}
	return 0;
}

/* BMPString is UTF-16, big-endian: what is beyond ASCII is no host's name. */
static bool keep_bmp(struct rd text, char ret[SIGHTING_NAME])
{
	uint8_t b[SIGHTING_NAME];
	size_t n = 0;

	while (rd_left(&text)) {
		uint16_t c = rd_be16(&text);

		if (rd_short(&text) || c > 0x7e || n == sizeof b)
			return false;
		b[n++] = (uint8_t)c;
	}
	return keep(rd_over(b, n), ret);
}

static bool common_name(struct rd subject, char ret[SIGHTING_NAME])
{
	static const uint8_t cn[] = {0x55, 0x04, 0x03}; /* 2.5.4.3 */
	struct rd set, pair, oid, value;
	bool found = false;
	uint8_t tag;

	while (rd_left(&subject) && expect(&subject, TAG_SET, &set))
		while (rd_left(&set) && expect(&set, TAG_SEQUENCE, &pair))
			if (expect(&pair, TAG_OID, &oid) && element(&pair, &tag, &value) &&
			    rd_left(&oid) == sizeof cn && !memcmp(oid.p, cn, sizeof cn))
				found = tag == TAG_BMP ? keep_bmp(value, ret) : keep(value, ret);
	return found;
}

unsigned x509_names(struct rd cert, char ret[X509_NAMES][SIGHTING_NAME])
{
	struct rd whole, tbs, one, subject;
	unsigned n = 0;
	uint8_t tag;

	if (!expect(&cert, TAG_SEQUENCE, &whole) || !expect(&whole, TAG_SEQUENCE, &tbs))
		return 0;
	if (!element(&tbs, &tag, &one)) /* version, or the serial number of version 1 */
		return 0;
	if (tag == TAG_VERSION && !element(&tbs, &tag, &one))
		return 0;
	/* signature, issuer, validity; then whose it is, and his key */
	for (unsigned i = 0; i < 3; i++)
		if (!expect(&tbs, TAG_SEQUENCE, &one))
			return 0;
	if (!expect(&tbs, TAG_SEQUENCE, &subject) || !expect(&tbs, TAG_SEQUENCE, &one))
		return 0;
	while (!n && rd_left(&tbs) && element(&tbs, &tag, &one))
		if (tag == TAG_EXTENSIONS)
			n = extensions(one, ret);
	return n ? n : common_name(subject, ret[0]);
}

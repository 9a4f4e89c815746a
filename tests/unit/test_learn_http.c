// SPDX-License-Identifier: BSD-2-Clause
/* Requests and answers of one connection: what an answer behind a login shows, where the messages
 * end, in any pieces; and what is not read any further. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "learn/learn.h"
#include "recognise/recognise.h"

#define SVC          "/CRM/XRMServices/2011/Organization.svc"
#define GET(fields)  "GET " SVC " HTTP/1.1\r\nHost: crm01\r\n" fields "\r\n"
#define POST(fields) "POST " SVC " HTTP/1.1\r\nHost: crm01\r\n" fields "\r\n"
#define AUTH(token)  "Authorization: NTLM " token "\r\n"
#define TYPE_1       "TlRMTVNTUAABAAAAl4II4gAAAAAAAAAAAAAAAAAAAAAGAbEdAAAADw=="
#define TYPE_3       "TlRMTVNTUAADAAAAGAAYAHAAAAAYABgAiAAAAAgACABIAAAAEAAQAFAAAAAQABAAYAAAAA=="
#define IIS          "HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-IIS/8.5\r\n"
#define LIST         "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n"
#define CHALLENGE    "WWW-Authenticate: NTLM TlRMTVNTUAACAAAACAAIADgAAAA=\r\n"
#define LENGTH(n)    "Content-Length: " #n "\r\n"
#define CHUNKED      "Transfer-Encoding: chunked\r\n"
#define FIRST_401    IIS LIST LENGTH(12) "\r\n<html>401.2>"
#define SECOND_401   IIS CHALLENGE LENGTH(0) "\r\n"
#define OK           "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n<html>"
#define STATUS(s)    "HTTP/1.1 " s "\r\nContent-Length: 0\r\n\r\n"
#define TEN(x)       x x x x x x x x x x
#define LOGIN        (SIGN_NTLM | SIGN_CRM_ASKED)
#define BODY         "<s:Envelope>"

enum { SAYS = 12 };

/* Who says it is its first letter: 'c' or 's'. */
static const struct talk {
	const char *label;
	const char *say[SAYS];
	uint32_t signs;
	bool waits; /* for more, at the end */
} talks[] = {
	/* clang-format off */
	{"NTLM", {"c" GET(""), "s" FIRST_401, "c" GET(AUTH(TYPE_1)), "s" SECOND_401,
	 "c" GET(AUTH(TYPE_3)), "s" OK}, LOGIN | SIGN_CRM_SERVICE},
	{"Kerberos", {"c" GET(""), "s" FIRST_401, "c" GET("Authorization: Negotiate "
	 "YIIFPwYJKoZIhvcSAQICAQBuggUuMIIFKqADAgEFoQMCAQ6iBwMF\r\n"), "s" OK},
	 SIGN_KERBEROS | SIGN_CRM_ASKED | SIGN_CRM_SERVICE},
	{"no login at all", {"c" GET(""), "s" OK}, SIGN_CRM_SERVICE},
	{"a document that was sent twice", {"c" POST(LENGTH(12)) BODY, "s" FIRST_401,
	 "c" POST(LENGTH(12) AUTH(TYPE_3)) BODY, "s" OK}, LOGIN | SIGN_CRM_SERVICE},
	{"in chunks", {"c" POST(CHUNKED) "5;x=y\r\n<s:En\r\n00007 \r\nvelope>\r\n0\r\nA: b\r\n\r\n",
	 "s" IIS LIST CHUNKED "\r\nC\r\n<html>401.2>\r\n0\r\n\r\n", "c" GET(""), "s" OK},
	 SIGN_CRM_ASKED | SIGN_CRM_SERVICE},
	{"zipped, then in chunks", {"c" GET(""), "s" IIS LIST "transfer-encoding:  gzip, Chunked \r\n\r\n"
	 "1\r\nx\r\n0\r\n\r\n", "c" GET(""), "s" OK}, SIGN_CRM_ASKED | SIGN_CRM_SERVICE},
	{"the same length twice", {"c" GET(""), "s" IIS LIST LENGTH(1) LENGTH(1) "\r\nx", "c" GET(""),
	 "s" OK}, SIGN_CRM_ASKED | SIGN_CRM_SERVICE},
	{"lines that end in LF alone", {"c" "GET " SVC " HTTP/1.1\nHost: a\n\n",
	 "s" "HTTP/1.0 401 No\nContent-Length: 0\n\n", "c" "\n\r\nGET " SVC " HTTP/1.1\n\n",
	 "s" "HTTP/1.1 200\n\n"}, SIGN_CRM_ASKED | SIGN_CRM_SERVICE},
	{"HEAD has no content", {"c" "HEAD " SVC " HTTP/1.1\r\n\r\n", "s" IIS LIST LENGTH(500) "\r\n",
	 "c" GET(""), "s" OK}, SIGN_CRM_ASKED | SIGN_CRM_SERVICE},
	{"100 comes before the answer", {"c" POST("Expect: 100-continue\r\n" LENGTH(12)),
	 "s" STATUS("100 Continue") FIRST_401, "c" BODY POST(AUTH(TYPE_3) LENGTH(12)) BODY,
	 "s" "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n" OK}, LOGIN | SIGN_CRM_SERVICE},
	{"content that was asked for, and begins like a request",
	 {"c" POST("Expect: 100-continue\r\n" LENGTH(12)), "s" STATUS("100 Continue") FIRST_401,
	 "c" "PREPARATIONS" GET(""), "s" OK}, SIGN_CRM_ASKED | SIGN_CRM_SERVICE},
	{"the answer comes before the content, which stays away",
	 {"c" POST("expect: 100-Continue\r\n" LENGTH(12)), "s" FIRST_401,
	 "c" POST(AUTH(TYPE_3) LENGTH(12)) BODY, "s" OK}, LOGIN | SIGN_CRM_SERVICE},
	{"the answer comes before the content, which comes all the same",
	 {"c" POST("Expect: 100-continue\r\n" LENGTH(12)), "s" FIRST_401,
	 "c" BODY POST(AUTH(TYPE_3) LENGTH(12)) BODY, "s" OK}, LOGIN | SIGN_CRM_SERVICE},
	{"and so in chunks", {"c" POST("Expect: 100-continue\r\n" CHUNKED), "s" FIRST_401,
	 "c" "1\r\nx\r\n0\r\n\r\n" GET(""), "s" OK}, SIGN_CRM_ASKED | SIGN_CRM_SERVICE},
	{"asked at once", {"c" GET("") GET(""), "s" FIRST_401 OK}, SIGN_CRM_ASKED | SIGN_CRM_SERVICE},
	{"two paths", {"c" "GET /Orders HTTP/1.1\r\n\r\n", "s" FIRST_401, "c" GET(""), "s" OK},
	 SIGN_CRM_SERVICE},
	{"the answer is another path's", {"c" GET(""), "s" FIRST_401, "c" "GET /Orders HTTP/1.1\r\n\r\n",
	 "s" OK}, SIGN_CRM_ASKED},
	{"a query longer than what is kept", {"c" "GET /api/data/v8.2/accounts?fetchXml="
	 TEN(TEN(TEN("%3Ca"))) " HTTP/1.1\r\n\r\n", "s" FIRST_401, "c" "GET /api/data/v8.2/accounts?f="
	 TEN(TEN(TEN("%3Ca"))) " HTTP/1.1\r\nCookie: " TEN(TEN(TEN("abc"))) "\r\n" AUTH(TYPE_3) "\r\n",
	 "s" OK}, LOGIN | SIGN_CRM_SERVICE},
	{"a ticket longer than what is kept", {"c" GET(""), "s" FIRST_401, "c" GET(
	 "Authorization: Negotiate YIIFPwYJKoZIhvcSAQICAQBu" TEN(TEN(TEN("MIIF"))) "\r\n"), "s" OK},
	 SIGN_KERBEROS | SIGN_CRM_ASKED | SIGN_CRM_SERVICE},
	{"sent to sign in", {"c" "GET /CRM/main.aspx?etc=1 HTTP/1.1\r\n\r\n", "s" FIRST_401,
	 "c" "GET /CRM/main.aspx?etc=1 HTTP/1.1\r\n\r\n",
	 "s" "HTTP/1.1 302 Found\r\nLocation: https://sts/adfs/ls/?wa=wsignin1.0\r\n\r\n"},
	 SIGN_CRM_ASKED | SIGN_CRM_PAGE},
	{"old Exchange", {"c" "POST /EWS/Exchange.asmx HTTP/1.1\r\n\r\n", "s" FIRST_401,
	 "c" "POST /EWS/Exchange.asmx HTTP/1.1\r\n\r\n", "s" OK}, SIGN_EXCHANGE},

	/* What proves nothing */
	{"not there", {"c" GET(""), "s" FIRST_401, "c" GET(AUTH(TYPE_3)), "s" STATUS("404 No")}, LOGIN},
	{"not allowed", {"c" GET(""), "s" FIRST_401, "c" GET(AUTH(TYPE_3)), "s" STATUS("403 No")}, LOGIN},
	{"moved", {"c" GET(""), "s" FIRST_401, "c" GET(AUTH(TYPE_3)),
	 "s" "HTTP/1.1 302 Found\r\nLocation: https://crm01" SVC "\r\n\r\n"}, LOGIN},
	{"busy", {"c" GET(""), "s" FIRST_401, "c" GET(AUTH(TYPE_3)), "s" STATUS("503 Busy")},
	 LOGIN | SIGN_UNAVAILABLE},
	{"something else from now on", {"c" GET(""), "s" FIRST_401, "c" GET(AUTH(TYPE_3)),
	 "s" "HTTP/1.1 101 Switching\r\n\r\n"}, LOGIN},
	{"refused", {"c" GET(""), "s" FIRST_401, "c" GET(AUTH(TYPE_1)), "s" SECOND_401,
	 "c" GET(AUTH(TYPE_3)), "s" FIRST_401}, LOGIN | SIGN_LOGIN_REFUSED, true},
	{"refused, and tried again", {"c" GET(AUTH(TYPE_3)), "s" FIRST_401, "c" GET(AUTH(TYPE_3)), "s" OK},
	 LOGIN | SIGN_CRM_SERVICE},
	{"no answer yet", {"c" GET(""), "s" FIRST_401, "c" GET(AUTH(TYPE_1))}, SIGN_CRM_ASKED, true},
	{"half an answer", {"c" GET(""), "s" FIRST_401, "c" GET(""), "s" "HTTP/1.1 200 OK\r\nServer: M"},
	 SIGN_CRM_ASKED, true},

	/* What ends it */
	{"content up to the end of the connection", {"c" GET(""), "s" IIS LIST "\r\n", "c" GET(""), "s" OK},
	 SIGN_CRM_ASKED},
	{"an answer to nothing", {"s" OK, "c" GET("")}, 0},
	{"one answer too many", {"c" GET(""), "s" FIRST_401 OK}, SIGN_CRM_ASKED},
	{"two who ask", {"c" GET(""), "s" GET("")}, 0},
	{"two who answer", {"c" STATUS("401 No"), "s" STATUS("401 No")}, 0},
	{"a tunnel", {"c" "CONNECT crm01:443 HTTP/1.1\r\n\r\n", "s" OK}, 0},
	{"another length", {"c" GET(""), "s" IIS LENGTH(1) LENGTH(2) "\r\nx", "c" GET(""), "s" OK}, 0},
	{"a list of lengths", {"c" POST("Content-Length: 5, 5\r\n"), "s" OK}, 0},
	{"no length", {"c" POST("Content-Length:\r\n"), "s" OK}, 0},
	{"too long a length", {"c" POST("Content-Length: 9999999999999999999\r\n"), "s" OK}, 0},
	{"a length and chunks", {"c" POST(LENGTH(5) CHUNKED), "s" OK}, 0},
	{"a length and chunks, of an answer", {"c" GET(""), "s" IIS LENGTH(5) CHUNKED "\r\n"}, 0},
	{"chunks twice", {"c" POST(CHUNKED CHUNKED), "s" OK}, 0},
	{"a coding without an end", {"c" POST("Transfer-Encoding: gzip\r\n"), "s" OK}, 0},
	{"a coding of another name", {"c" POST("Transfer-Encoding: xchunked\r\n"), "s" OK}, 0},
	{"no chunk", {"c" POST(CHUNKED) "x\r\n", "s" OK}, 0},
	{"a chunk that is too large", {"c" POST(CHUNKED) "123456789\r\n", "s" OK}, 0},
	{"a chunk that is longer than it says", {"c" POST(CHUNKED) "1\r\nxy\r\n", "s" OK}, 0},
	{"a line that goes on", {"c" GET(" more\r\n"), "s" OK}, 0},
	{"a space before the colon", {"c" GET("Content-Length : 5\r\n"), "s" OK}, 0},
	{"no colon", {"c" GET("Content-Length\r\n"), "s" OK}, 0},
	{"no status", {"c" GET(""), "s" "HTTP/1.1 2000 OK\r\n\r\n"}, 0},
	{"a status of a hundred kinds", {"c" GET(""), "s" "HTTP/1.1 099 OK\r\n\r\n"}, 0},
	{"no version", {"c" "GET " SVC "\r\n\r\n", "s" OK}, 0},
	{"no method", {"c" "FETCH " SVC " HTTP/1.1\r\n\r\n", "s" OK}, 0},
	{"HTTP/2", {"c" "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}, 0},
	/* clang-format on */
};

struct heard {
	struct learn *l;
	struct learn_flow *f;
	bool more, told[2];
	uint32_t number;
};

static struct learn_ask question(const char *app, uint32_t asked)
{
	return (struct learn_ask){.proto = PROTO_TCP,
				  .addr = {addr_v4(0x0a000009), addr_v4(0x0a000005)},
				  .port = {50000, 80},
				  .app = app_by_name(app),
				  .asked = asked};
}

static void listen(struct heard *h)
{
	static const struct hash_key key = {1, 2};
	struct learn_ask q = question("http", SIGN_CRM_SERVICE);

	*h = (struct heard){.l = learn_new(&(struct learn_options){.key = &key}), .more = true};
	assert_non_null(h->l);
	h->f = learn_open(h->l, &q);
	assert_non_null(h->f);
}

static void hear(struct heard *h, unsigned side, const char *p, size_t n, size_t step)
{
	for (size_t at = 0, k; at < n && h->more; at += k) {
		struct evidence e = {.ts_ns = 1, .number = ++h->number};
		uint8_t *exact;

		k = n - at < step ? n - at : step;
		exact = malloc(k); /* its end is the end */
		assert_non_null(exact);
		memcpy(exact, p + at, k);
		h->more = learn_bytes(h->f, side, exact, k, !h->told[side], &e);
		h->told[side] = true;
		free(exact);
	}
}

static uint32_t end(struct heard *h)
{
	struct learn_facts facts;

	learn_close(h->f, &facts);
	assert_int_equal(learn_stats(h->l)->memory, 0);
	learn_free(h->l);
	return facts.signs;
}

/* `cut`: bytes of the whole talk that come; `swap`: which side of the flow is the client's. */
static uint32_t run(const struct talk *t, size_t step, size_t cut, bool swap, bool *ret_more)
{
	struct heard h;

	listen(&h);
	for (unsigned i = 0; i < SAYS && t->say[i] && h.more && cut; i++) {
		size_t n = strlen(t->say[i] + 1);

		n = n < cut ? n : cut;
		cut -= n;
		hear(&h, (t->say[i][0] == 's') ^ swap, t->say[i] + 1, n, step);
	}
	*ret_more = h.more;
	return end(&h);
}

static size_t length(const struct talk *t)
{
	size_t n = 0;

	for (unsigned i = 0; i < SAYS && t->say[i]; i++)
		n += strlen(t->say[i] + 1);
	return n;
}

static void all_talks(void **state)
{
	static const size_t steps[] = {100000, 1, 2, 3, 7, 100, 1460};

	for (size_t i = 0; i < N_ELEMENTS(talks); i++)
		for (size_t s = 0; s < N_ELEMENTS(steps); s++)
			for (int swap = 0; swap < 2; swap++) {
				bool more;
				uint32_t got = run(&talks[i], steps[s], SIZE_MAX, swap, &more);

				if (got != talks[i].signs || more != talks[i].waits)
					fail_msg("%s, by %zu: signs %x, not %x%s", talks[i].label,
						 steps[s], got, talks[i].signs,
						 more ? ", waits" : "");
			}
}

/* Cut at every length there is never a sign that the whole has not, but that a login was refused:
 * so it looked then. */
static void cut(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(talks); i++) {
		const struct talk *t = &talks[i];
		size_t all = length(t);
		bool more;

		for (size_t n = 0; n<all; n += all> 2000 ? 61 : 1) {
			uint32_t got = run(t, 100000, n, false, &more);

			if (got & ~(t->signs | SIGN_LOGIN_REFUSED))
				fail_msg("%s, cut at %zu: %x", t->label, n, got);
		}
	}
}

/* Nothing but a 401 is waited out: the first bytes of the content are never asked for. */
static void stops_early(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nServer: Microsoft-IIS/8.5\r\n\r\n";
	struct heard h;

	listen(&h);
	hear(&h, 0, GET(""), strlen(GET("")), 100000);
	hear(&h, 1, head, strlen(head) - 1, 100000);
	assert_true(h.more);
	hear(&h, 1, head + strlen(head) - 1, 1, 1);
	assert_false(h.more);
	assert_int_equal(end(&h), SIGN_CRM_SERVICE);
}

static void bounds(void **state)
{
	static char big[1 << 17];
	struct heard h;

	/* as many logins as are read, and one more */
	for (unsigned n = 7; n <= 9; n++) {
		listen(&h);
		for (unsigned i = 0; i < n; i++) {
			hear(&h, 0, GET(""), strlen(GET("")), 100000);
			hear(&h, 1, FIRST_401, strlen(FIRST_401), 100000);
		}
		hear(&h, 0, GET(""), strlen(GET("")), 100000);
		hear(&h, 1, OK, strlen(OK), 100000);
		assert_false(h.more);
		assert_int_equal(end(&h),
				 n < 8 ? SIGN_CRM_ASKED | SIGN_CRM_SERVICE : SIGN_CRM_ASKED);
	}

	/* a head without end: many lines, then one; empty lines in front of it */
	for (unsigned kind = 0; kind < 3; kind++) {
		static const char *const fill[] = {"A: b\r\n", "abcdef", "\r\n\r\n\r\n"};

		listen(&h);
		if (kind < 2)
			hear(&h, 0, "GET / HTTP/1.1\r\nA: ", 19, 100000);
		for (size_t at = 0; at < sizeof big; at++)
			big[at] = fill[kind][at % 6];
		hear(&h, 0, big, 60000, 1000);
		assert_true(h.more);
		hear(&h, 0, big, 10000, 1000);
		assert_false(h.more);
		assert_int_equal(end(&h), 0);
	}

	/* content, which is not kept, but not waited for without end either */
	listen(&h);
	hear(&h, 0, POST(LENGTH(1000000)), strlen(POST(LENGTH(1000000))), 100000);
	for (unsigned i = 0; i < 8; i++)
		hear(&h, 0, big, 125000, 1460);
	assert_true(h.more);
	hear(&h, 1, FIRST_401, strlen(FIRST_401), 100000);
	hear(&h, 0, POST(LENGTH(1000000)), strlen(POST(LENGTH(1000000))), 100000);
	hear(&h, 0, big, 125000, 1460);
	assert_false(h.more);
	assert_int_equal(end(&h), SIGN_CRM_ASKED);
}

/* Bytes that are missing: of content they are not missed, of anything else they end it. */
static void gaps(void **state)
{
	static const struct {
		const char *label, *first, *second;
		uint64_t n;
		bool ends;
	} rows[] = {
		{"in content", IIS LIST LENGTH(100) "\r\nabc", "z", 96, false},
		{"all the rest of it", IIS LIST LENGTH(100) "\r\nabc", "", 97, false},
		{"and one octet more", IIS LIST LENGTH(100) "\r\nabc", "", 98, true},
		{"nobody knows how many", IIS LIST LENGTH(100) "\r\nabc", "", 0, true},
		{"in a chunk", IIS LIST CHUNKED "\r\n20\r\n", "\r\n0\r\n\r\n", 32, false},
		{"in the size of one", IIS LIST CHUNKED "\r\n2", "", 1, true},
		{"in a head", IIS "WWW-", "\r\n\r\n", 20, true},
		{"in front of a head", "", "\r\n", 20, true},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct heard h;

		listen(&h);
		hear(&h, 0, GET(""), strlen(GET("")), 100000);
		hear(&h, 1, rows[i].first, strlen(rows[i].first), 100000);
		h.more = learn_gap(h.f, 1, rows[i].n);
		if (h.more == rows[i].ends)
			fail_msg("%s: %s", rows[i].label, h.more ? "goes on" : "ends");
		hear(&h, 1, rows[i].second, strlen(rows[i].second), 100000);
		hear(&h, 0, GET(""), strlen(GET("")), 100000);
		hear(&h, 1, OK, strlen(OK), 100000);
		if (!!(end(&h) & SIGN_CRM_SERVICE) == rows[i].ends)
			fail_msg("%s: another answer", rows[i].label);
	}
}

/* Which streams cost anything; a connection whose start is not there is none of them. */
static void who_is_read(void **state)
{
	static const struct {
		const char *app;
		uint32_t asked;
		bool wanted;
	} rows[] = {
		{"http", SIGN_CRM_PAGE, true},
		{"http", SIGN_REPORTS, true},
		{"http", 0, false},
		{"smtp", SIGN_CRM_PAGE, false},
	};
	struct learn *l = learn_new(&(struct learn_options){0});
	struct evidence at = {0};
	struct learn_facts facts;
	struct learn_ask q = question("http", SIGN_CRM_PAGE);
	struct learn_flow *f;

	assert_non_null(l);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct learn_ask one = question(rows[i].app, rows[i].asked);

		f = learn_open(l, &one);
		assert_int_equal(f != NULL, rows[i].wanted);
		if (f)
			learn_close(f, &facts);
	}
	f = learn_open(l, &q);
	assert_non_null(f);
	assert_false(learn_bytes(f, 0, (const uint8_t *)GET(""), strlen(GET("")), false, &at));
	learn_close(f, &facts);
	learn_free(l);

	/* no room for it */
	l = learn_new(&(struct learn_options){.max_memory = 4096});
	assert_non_null(l);
	assert_null(learn_open(l, &q));
	assert_int_equal(learn_stats(l)->refused, 1);
	assert_int_equal(learn_stats(l)->memory, 0);
	learn_free(l);
}

/* Without time the first to go; who tells of ports stays. */
static void test_spared(void **state)
{
	struct learn *l = learn_new(&(struct learn_options){0});
	struct learn_ask http = question("http", SIGN_CRM_SERVICE);
	struct learn_ask mapper = {.proto = PROTO_TCP, .port = {50000, 135}};
	struct learn_facts facts;
	struct learn_flow *f;

	(void)state;
	assert_non_null(l);
	learn_spare(l, true);
	assert_null(learn_open(l, &http));
	assert_int_equal(learn_stats(l)->spared, 1);
	http.last = true; /* the same stream once more */
	assert_null(learn_open(l, &http));
	assert_int_equal(learn_stats(l)->spared, 1);
	f = learn_open(l, &mapper);
	assert_non_null(f);
	learn_close(f, &facts);
	learn_spare(l, false);
	f = learn_open(l, &http);
	assert_non_null(f);
	learn_close(f, &facts);
	assert_int_equal(learn_stats(l)->spared, 1);
	assert_int_equal(learn_stats(l)->refused, 0);
	learn_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spared), cmocka_unit_test(all_talks), cmocka_unit_test(cut),
		cmocka_unit_test(stops_early), cmocka_unit_test(bounds),    cmocka_unit_test(gaps),
		cmocka_unit_test(who_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

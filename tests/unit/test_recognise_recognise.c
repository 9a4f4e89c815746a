// SPDX-License-Identifier: BSD-2-Clause
/* Both sides together: what is claimed, how surely, who is the client, when the answer is final. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "recognise_samples.h"
#include "same_recognition.h"

/* Bytes of a sample by label, of text after "=", of hex after "#", none for "". */
static size_t bytes_of(const char *what, uint8_t *buf)
{
	if (what[0] == '=') {
		memcpy(buf, what + 1, strlen(what + 1));
		return strlen(what + 1);
	}
	if (what[0] == '#')
		return unhex(what + 1, buf, SAMPLE_MAX);
	for (size_t i = 0; *what && i < N_ELEMENTS(samples); i++)
		if (!strcmp(samples[i].label, what))
			return sample_bytes(&samples[i], buf);
	assert_string_equal(what, "");
	return 0;
}

enum { TCP = PROTO_TCP, UDP = PROTO_UDP };
enum { MID = 1, FINAL = 2 };

/* A login of TDS 4.2 or 5.0 from the host "pc"; a reply's change of database, to "crm". */
#define OLD_LOGIN                                                      \
	"#0200020000000100"                                            \
	"706300000000000000000000000000000000000000000000000000000000" \
	"02"                                                           \
	"7361"
#define DATABASE   \
	"e3090001" \
	"0363726d" \
	"03646566"

/* A table: */
/* clang-format off */
static const struct {
	const char *label;
	const char *side[2];
	uint8_t proto;
	uint8_t flags;
	uint16_t port[2];
	const char *app;
	enum app_conf conf;
	int client;
	bool done;
	uint32_t notes;
} rows[] = {
	{"both sides of RPC", {"A1.1", "A1.2"}, TCP, 0, {0}, "dcerpc-epm", APP_SURE, 0, true},
	{"sides the other way round", {"A1.2", "A1.1"}, TCP, 0, {0}, "dcerpc-epm", APP_SURE, 1, true},
	{"the answer may still come", {"A1.1", ""}, TCP, 0, {0}, "dcerpc-epm", APP_SURE, 0, false},
	{"no answer comes", {"A1.1", ""}, TCP, FINAL, {0}, "dcerpc-epm", APP_SURE, 0, true},
	{"calls without a bind", {"A3.1", "A3.2"}, TCP, 0, {0}, "dcerpc", APP_SURE, 0, true},
	{"calls in mid-stream", {"A3.1", "A3.2"}, TCP, MID, {0}, "dcerpc", APP_SURE, 0, true},
	{"TDS", {"A5.1", "A5.2"}, TCP, 0, {0}, "tds", APP_SURE, 0, true},
	{"TDS before version 7", {OLD_LOGIN, "#0401001d00000100" DATABASE "fd0000000000000000"}, TCP, FINAL,
	 {0}, "tds", APP_SURE, 0, true},
	{"TDS 5, of Sybase", {OLD_LOGIN, "#0401001d00000100" DATABASE "e50600010000000000"}, TCP, FINAL,
	 {0}, "", APP_UNSURE, -1, true},
	{"MC-NMF with its one byte", {"A6.1", "A6.2"}, TCP, 0, {0}, "mc-nmf", APP_SURE, 0, true},
	{"one byte is nothing", {"", "#0a"}, TCP, FINAL, {0}, "", APP_UNSURE, -1, true},
	{"a name asked for and found", {"A13.1", "nbns answer"}, UDP, 0, {0}, "nbns", APP_SURE, 0, true},
	{"a ticket over UDP: the answer is looked at", {"kerberos over UDP", "A11.1"}, UDP, 0, {0},
	 "kerberos", APP_SURE, 0, false, APP_NOTE_KRB_ERROR},
	{"SQL Browser", {"A18.1", "A18.2"}, UDP, 0, {1123, 1434}, "ssrp", APP_SURE, 0, true},
	{"SQL Browser, silent", {"A18.1", ""}, UDP, 0, {1123, 1434}, "ssrp", APP_LIKELY, 0, false},
	{"SQL Browser's byte elsewhere", {"#02", ""}, UDP, FINAL, {1123, 1435}, "", APP_UNSURE, -1, true},
	{"SMB1 offered with SMB2, SMB2 taken", {"smb1 and 2 negotiate", "smb2 answer"}, TCP, FINAL, {0},
	 "smb2", APP_SURE, 0, true},
	{"SMB1 offered with SMB2, SMB1 taken", {"smb1 and 2 negotiate", "smb1 answer"}, TCP, 0, {0},
	 "smb1", APP_SURE, 0, true, APP_NOTE_SMB1_SERVER},
	{"SMB1 offered, silence", {"smb1 negotiate", ""}, TCP, FINAL, {0}, "smb1", APP_SURE, 0, true},
	{"a session, and no more", {"A14.1", "A14.2"}, TCP, FINAL, {0}, "nbss", APP_SURE, 0, true},
	{"a session, more to come", {"A14.1", "A14.2"}, TCP, 0, {0}, "nbss", APP_SURE, 0, false},
	{"SMB in a session", {"smb1 in a session", "A14.2"}, TCP, FINAL, {0}, "smb1", APP_SURE, 0, true},
	{"greeting of FTP or SMTP", {"", "=220 hello there\r\n"}, TCP, FINAL, {0}, "smtp", APP_LIKELY, 0,
	 true},
	{"FTP", {"=USER anna\r\n", "=220 hello there\r\n"}, TCP, 0, {0}, "ftp", APP_SURE, 0, true},
	{"SMTP", {"smtp ehlo", "=220 hello there\r\n"}, TCP, 0, {0}, "smtp", APP_SURE, 0, true,
	 APP_NOTE_STARTTLS},
	{"POP3", {"=USER anna\r\n", "=+OK hello there\r\n"}, TCP, FINAL, {0}, "pop3", APP_SURE, 0, true},
	{"not POP3", {"=*1\r\n$4\r\nPING\r\n", "=+OK hello\r\n"}, TCP, FINAL, {0}, "", APP_UNSURE, -1,
	 true},
	{"SSH does not tell who is who", {"ssh client", "ssh server"}, TCP, 0, {0}, "ssh", APP_SURE, -1,
	 true},
	/* What listens there is the server's word. */
	{"TLS asked of an HTTP server", {"tls hello", "=HTTP/1.1 400 Bad Request\r\n\r\n"}, TCP, FINAL,
	 {0}, "http", APP_LIKELY, 0, true},
	{"HTTP asked of an SSH server", {"http get", "ssh server"}, TCP, FINAL, {0}, "ssh", APP_LIKELY,
	 -1, true},
	{"SSH asked of an HTTP server", {"ssh client", "http reply"}, TCP, FINAL, {0}, "http", APP_LIKELY,
	 0, true},
	{"TLS, and something else back", {"tls hello", "=what is this?\r\n"}, TCP, FINAL, {0}, "tls",
	 APP_LIKELY, 0, true},
	{"TLS refused", {"tls hello", "tls alert"}, TCP, 0, {0}, "tls", APP_SURE, 0, true, APP_NOTE_ERROR},
	{"an echo is no server", {"http get", "http get"}, TCP, FINAL, {0}, "http", APP_LIKELY, -1, true},
	{"name servers ask each other", {"dns srv query", "dns srv query"}, UDP, FINAL, {53, 53}, "dns",
	 APP_SURE, -1, true},
	{"TLS in mid-stream", {"#1703030005aabbccddee17030300020102", ""}, TCP, MID | FINAL, {0}, "tls",
	 APP_SURE, -1, true},
	{"a piece of a TLS record", {"#1703030100aabbccddee1703", ""}, TCP, MID | FINAL, {0}, "tls",
	 APP_LIKELY, -1, true},
	{"TLS cannot begin so", {"#1703030005aabbccddee17030300020102", ""}, TCP, FINAL, {0}, "",
	 APP_UNSURE, -1, true},
	{"mid-stream says nothing against", {"=rest of a page</html>", "http reply"}, TCP, MID | FINAL,
	 {0}, "http", APP_SURE, 0, true},
	{"unknown, both sides", {"=hello, is anybody there?", "=no, there is nobody here"}, TCP, 0, {0},
	 "", APP_UNSURE, -1, true},
	{"unknown, one side", {"=hello, is anybody there?", ""}, TCP, 0, {0}, "", APP_UNSURE, -1, false},
	{"nobody answers a log", {"syslog", ""}, UDP, 0, {0}, "syslog", APP_SURE, 0, true,
	 APP_NOTE_UNANSWERED_KIND},
	{"nothing", {"", ""}, TCP, FINAL, {0}, "", APP_UNSURE, -1, true},
	{"nothing yet", {"", ""}, TCP, 0, {0}, "", APP_UNSURE, -1, false},
};
/* clang-format on */

static void flows(void **state)
{
	uint8_t buf[2][SAMPLE_MAX];
	struct recognise_table table;

	recognise_table_init(&table);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct payload side[2];
		struct recognition r;

		for (int k = 0; k < 2; k++) {
			size_t n = bytes_of(rows[i].side[k], buf[k]);

			side[k] = (struct payload){.p = n ? buf[k] : NULL,
						   .n = n,
						   .whole_start = !(rows[i].flags & MID),
						   .port = rows[i].port[k],
						   .peer_port = rows[i].port[!k]};
		}

		side[0].proto = side[1].proto = rows[i].proto;
		for (size_t step = 1; step < 64; step += 1 + step / 2)
			if (!grows_same(&table, side, step))
				fail_msg("%s: another answer by steps of %zu", rows[i].label, step);

		bool done = recognise(side, rows[i].proto, rows[i].flags & FINAL, &r);

		if (strcmp(app_name(r.app), rows[i].app) || r.conf != rows[i].conf ||
		    r.client_side != rows[i].client || done != rows[i].done ||
		    r.notes != rows[i].notes)
			fail_msg("%s: '%s' %d, client %d, notes %x, done %d", rows[i].label,
				 app_name(r.app), (int)r.conf, r.client_side, r.notes, done);
	}
}

/* Who said no to bytes that gave way to others of the same length is asked anew. */
static void other_bytes(void **state)
{
	uint8_t buf[SAMPLE_MAX], hello[SAMPLE_MAX];
	struct payload side[2] = {{.p = buf, .n = bytes_of("A1.1", buf), .whole_start = true},
				  {.whole_start = true}};
	struct recognise_table table;
	static struct recognise_cache cache;
	struct recognise_memo memo = {0};
	struct recognition r;

	recognise_table_init(&table);
	memset(hello, buf[0], side[0].n);
	side[0].p = hello;
	recognise_again(&table, &cache, &memo, side, TCP, false, &r);
	assert_int_equal(r.conf, APP_UNSURE);
	side[0].p = buf;
	recognise_again(&table, &cache, &memo, side, TCP, false, &r);
	assert_int_not_equal(r.conf, APP_UNSURE);
}

/* What begins as no protocol does may be forgotten but for that: the other side's messages, and new
 * ones of the same, mean what they would. */
static void all_no(void **state)
{
	static struct recognise_cache cache[2];
	static const uint8_t ones[40] = {[0 ... 39] = 0xff};
	struct recognise_table table;
	uint8_t buf[SAMPLE_MAX];
	size_t shared = 0;

	recognise_table_init(&table);
	for (size_t i = 0; i < 4 * N_ELEMENTS(samples); i++) {
		const struct sample *s = &samples[i / 4];
		bool other = i & 1, brief = i & 2;
		size_t n = sample_bytes(s, buf);
		struct payload side[2] = {
			{.p = ones, .n = brief ? 7 : sizeof ones, .whole_start = true}, {0}};
		struct recognise_memo memo[2] = {0};
		struct recognition r[2];
		bool done[2];

		recognise_again(&table, &cache[0], &memo[0], side, s->proto, false, &r[0]);
		if (brief) { /* where more may come, seven bytes are no reason */
			assert_int_equal(recognise_is_all_no(&memo[0], s->proto), 0);
			continue;
		}
		assert_int_equal(recognise_is_all_no(&memo[0], s->proto), 1);
		recognise_all_no(&memo[1], 1, s->proto);
		assert_int_equal(recognise_is_all_no(&memo[1], s->proto), 1);
		side[0].same = side[1].same = true;
		if (s->proto == UDP) /* they are kept no more */
			side[0].n = 0;
		assert_true(recognise_known(&memo[1], side));
		side[other] = (struct payload){.p = buf,
					       .n = n,
					       .whole_start = true,
					       .port = s->port,
					       .peer_port = s->peer_port};
		if (!other && s->proto == TCP)
			continue; /* a stream's beginning stays what it is */
		for (int k = 0; k < 2; k++)
			done[k] = recognise_again(&table, &cache[k], &memo[k], side, s->proto,
						  false, &r[k]);
		if (!same_recognition(&r[0], &r[1]) || done[0] != done[1])
			fail_msg("%s: another answer", s->label);
		shared += r[0].conf != APP_UNSURE;
	}
	assert_true(shared > N_ELEMENTS(samples) / 2);
}

static void facts_of_both_sides(void **state)
{
	uint8_t buf[2][SAMPLE_MAX];
	struct payload side[2] = {{.whole_start = true}, {.whole_start = true}};
	struct recognition r;

	/* The interfaces come from the bind, whichever side of the key it is. */
	side[1].n = bytes_of("rpc bind, then alter_context", buf[1]);
	side[1].p = buf[1];
	side[0].n = bytes_of("A1.2", buf[0]);
	side[0].p = buf[0];
	assert_true(recognise(side, TCP, true, &r));
	assert_int_equal(r.n_iface, 2);
	assert_int_equal(r.iface[1].major, 4);
	assert_int_equal(r.client_side, 1);

	/* Certain already, and wanted all the same: the refusal comes in the next datagram. */
	side[0].n = bytes_of("kerberos over UDP", buf[0]);
	side[1] = (struct payload){0};
	recognise(side, UDP, false, &r);
	assert_int_equal(r.conf, APP_SURE);
	assert_true(r.more);
	side[1] = (struct payload){.p = buf[1], .whole_start = true};

	/* The server confirms the instance; the client named it. */
	side[0].n = bytes_of("A5.1", buf[0]);
	side[1].n = bytes_of("A5.2", buf[1]);
	recognise(side, TCP, true, &r);
	assert_string_equal(r.name, "MSSQLServer");
}

static void names(void **state)
{
	static const struct {
		const char *name;
		bool remote_control;
	} apps[] = {
		{"dns", false},         {"llmnr", false},
		{"mdns", false},        {"nbns", false},
		{"nbdgm", false},       {"nbss", false},
		{"smb1", true},         {"smb2", true},
		{"ntp", false},         {"ldap", false},
		{"cldap", false},       {"kerberos", false},
		{"kpasswd", false},     {"tds", false},
		{"ssrp", false},        {"mc-nmf", false},
		{"http", false},        {"tls", false},
		{"tls-tds8", false},    {"rdp", true},
		{"rdp-udp", true},      {"smtp", false},
		{"pop3", false},        {"imap", false},
		{"ftp", true},          {"ike", false},
		{"ssh", true},          {"telnet", true},
		{"vnc", true},          {"dhcp", false},
		{"ssdp", false},        {"ws-discovery", false},
		{"syslog", false},      {"snmp", false},
		{"dcerpc", false},      {"dcerpc-epm", false},
		{"dcerpc-oxid", false}, {"dcerpc-activation", false},
		{"dcerpc-cl", false},
	};
	size_t n = 0;

	for (size_t i = 0; i < N_ELEMENTS(apps); i++) {
		uint16_t app = app_by_name(apps[i].name);

		assert_int_not_equal(app, APP_NONE);
		assert_string_equal(app_name(app), apps[i].name);
		assert_true(*app_title(app));
		assert_int_equal(app_remote_control(app), apps[i].remote_control);
	}
	for (size_t i = 0; i < recogniser_count(); i++)
		for (size_t v = 0; v < 6 && recogniser_at(i)->apps[v].name; v++)
			n++;
	assert_int_equal(n, N_ELEMENTS(apps));
	assert_null(recogniser_at(recogniser_count()));
	assert_int_equal(app_by_name("gopher"), APP_NONE);
	assert_string_equal(app_name(APP_NONE), "");
	assert_string_equal(app_name(UINT16_MAX), "");
	assert_string_equal(app_title(UINT16_MAX), "");
	assert_false(app_remote_control(APP_NONE));

	/* A rule that names the family accepts every member; one that names a member only it. */
	assert_true(app_is(app_by_name("dcerpc-epm"), app_by_name("dcerpc")));
	assert_true(app_is(app_by_name("tls-tds8"), app_by_name("tls")));
	assert_false(app_is(app_by_name("dcerpc"), app_by_name("dcerpc-epm")));
	assert_false(app_is(app_by_name("dcerpc-oxid"), app_by_name("dcerpc-epm")));
	assert_false(app_is(APP_NONE, APP_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows),  cmocka_unit_test(other_bytes),
		cmocka_unit_test(all_no), cmocka_unit_test(facts_of_both_sides),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include "flow_lab.h"
#include "flow_tally.h"

/* One packet between C (10.0.0.9:40000) and S (10.0.0.1:443), either way; sequence numbers as they
 * are on the wire. 'c' and 's' are the same ends in UDP; 'I' is an ICMP error. */
struct step {
	int ms;
	char from; /* C S: TCP; c s: UDP; I J: ICMP error quoting C's (J: S's) packet */
	const char
		*flags; /* S A F R P; of an ICMP error: who sends it, "S" the server, "M" another,
			 * and the class: "p" port, "r" routing, "x" prohibited, "b" too big */
	uint32_t seq, ack;
	const char *data;
	uint8_t ttl;
};

enum { STEPS = 14 };

struct expect {
	enum flow_state state;
	char client;  /* C or S; '?' undirected */
	char first;   /* with '?': who is index 0 */
	size_t flows; /* 0: 1 */
	unsigned tries;
	enum refuser refuser;
	bool rst_after_data, rst_after_accept;
	bool late_start; /* !started */
	uint64_t unseen_c, unseen_s;
	unsigned n_ev; /* 0: not looked at */
	uint32_t ev[3];
};

struct row {
	const char *name;
	int client_side_c; /* the owner says: 1 C is the client, 2 S is, 0 nothing */
	struct step step[STEPS];
	struct expect e;
};

#define ISN_C 1000
#define ISN_S 5000
#define OPEN3                                                   \
	{0, 'C', "S", ISN_C}, {1, 'S', "SA", ISN_S, ISN_C + 1}, \
	{                                                       \
		2, 'C', "A", ISN_C + 1, ISN_S + 1               \
	}

static const struct row rows[] = {
	/* established */
	{"handshake", 0, {OPEN3}, {STATE_ESTABLISHED, 'C', .tries = 1, .n_ev = 2, .ev = {1, 2}}},
	{"handshake and data",
	 0,
	 {OPEN3, {3, 'C', "PA", 1001, 5001, "hello"}, {4, 'S', "PA", 5001, 1006, "you"}},
	 {STATE_ESTABLISHED, 'C', .tries = 1, .n_ev = 3, .ev = {1, 2, 4}}},
	{"the server has the lower port and address or not",
	 0,
	 {{0, 'S', "S", ISN_S}, {1, 'C', "SA", ISN_C, ISN_S + 1}, {2, 'S', "A", 5001, 1001}},
	 {STATE_ESTABLISHED, 'S', .tries = 1}},
	{"SYN-ACK captured before the SYN",
	 0,
	 {{0, 'S', "SA", ISN_S, ISN_C + 1}, {1, 'C', "S", ISN_C}, {2, 'C', "A", 1001, 5001}},
	 {STATE_ESTABLISHED, 'C', .tries = 1, .n_ev = 2, .ev = {1, 2}}},
	{"third segment captured before the SYN-ACK",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'C', "A", 1001, 5001}, {2, 'S', "SA", ISN_S, 1001}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"first data captured before the SYN",
	 0,
	 {{0, 'C', "PA", 1001, 5001, "hi"},
	  {1, 'C', "S", ISN_C},
	  {2, 'S', "SA", ISN_S, 1001},
	  {3, 'C', "A", 1003, 5001}},
	 {STATE_ESTABLISHED, 'C', .tries = 1, .n_ev = 2, .ev = {2, 3}}},
	{"SYN-ACK without SYN, then the third segment",
	 0,
	 {{0, 'S', "SA", ISN_S, 1001}, {1, 'C', "A", 1001, 5001}},
	 {STATE_ESTABLISHED, 'C', .late_start = true}},
	{"SYN-ACK lost from the capture",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'C', "A", 1001, 5001}, {2, 'S', "A", 5001, 1001}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"third segment lost, server sends data",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'S', "SA", ISN_S, 1001}, {3, 'S', "PA", 5001, 1001, "banner"}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"third segment and data lost, the server acknowledges them",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'S', "SA", ISN_S, 1001}, {3, 'S', "A", 5001, 1010}},
	 {STATE_ESTABLISHED, 'C', .tries = 1, .unseen_c = 9}},
	{"SYN twice, then open",
	 0,
	 {{0, 'C', "S", ISN_C},
	  {3000, 'C', "S", ISN_C},
	  {3001, 'S', "SA", ISN_S, 1001},
	  {3002, 'C', "A", 1001, 5001}},
	 {STATE_ESTABLISHED, 'C', .tries = 2, .n_ev = 3, .ev = {1, 2, 3}}},
	{"refused, tried again with the same and another number, then open",
	 0,
	 {{0, 'C', "S", ISN_C},
	  {1, 'S', "RA", 0, 1001},
	  {500, 'C', "S", ISN_C},
	  {501, 'S', "RA", 0, 1001},
	  {1000, 'C', "S", 7000},
	  {1001, 'S', "SA", ISN_S, 7001},
	  {1002, 'C', "A", 7001, 5001}},
	 {STATE_ESTABLISHED, 'C', .tries = 3}},
	{"simultaneous open",
	 0,
	 {{0, 'C', "S", ISN_C},
	  {1, 'S', "S", ISN_S},
	  {2, 'S', "SA", ISN_S, 1001},
	  {3, 'C', "SA", ISN_C, 5001},
	  {4, 'C', "A", 1001, 5001}},
	 {STATE_ESTABLISHED, 'C', .tries = 2}},
	{"SYN with data (TFO)",
	 0,
	 {{0, 'C', "S", ISN_C, 0, "early"}, {1, 'S', "SA", ISN_S, 1006}, {2, 'C', "A", 1006, 5001}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"sequence numbers wrap",
	 0,
	 {{0, 'C', "S", 0xffffffff},
	  {1, 'S', "SA", 0xfffffffe, 0},
	  {2, 'C', "A", 0, 0xffffffff},
	  {3, 'S', "PA", 0xffffffff, 0, "abc"},
	  {4, 'C', "A", 0, 2},
	  {5, 'S', "PA", 2, 0, "d"},
	  {6, 'C', "A", 0, 3}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"FIN both ways, late ACK",
	 0,
	 {OPEN3,
	  {3, 'C', "FA", 1001, 5001},
	  {4, 'S', "FA", 5001, 1002},
	  {5, 'C', "A", 1002, 5002},
	  {9000, 'S', "FA", 5001, 1002}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"RST after data is an end",
	 0,
	 {OPEN3,
	  {3, 'C', "PA", 1001, 5001, "q"},
	  {4, 'S', "PA", 5001, 1002, "r"},
	  {5, 'S', "RA", 5002, 1002}},
	 {STATE_ESTABLISHED, 'C', .tries = 1, .rst_after_data = true}},
	{"accepted and shut",
	 0,
	 {OPEN3, {3, 'C', "PA", 1001, 5001, "hello"}, {4, 'S', "RA", 5001, 1006}},
	 {STATE_ESTABLISHED, 'C', .tries = 1, .rst_after_accept = true, .n_ev = 3,
	  .ev = {1, 2, 5}}},
	{"accepted and shut, but later",
	 0,
	 {OPEN3,
	  {3, 'C', "PA", 1001, 5001, "a"},
	  {4, 'C', "PA", 1002, 5001, "b"},
	  {5, 'S', "A", 5001, 1003},
	  {6, 'S', "RA", 5001, 1003}},
	 {STATE_ESTABLISHED, 'C', .tries = 1, .rst_after_data = true}},
	{"probe: the client resets what it opened",
	 0,
	 {OPEN3, {3, 'C', "RA", 1001, 5001}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"ICMP error in an open connection changes nothing",
	 0,
	 {OPEN3, {3, 'I', "Mx"}, {4, 'C', "PA", 1001, 5001, "x"}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"a refusal forged after the answer",
	 0,
	 {{0, 'C', "S", ISN_C},
	  {1, 'S', "RA", 0, 1001, NULL, 255},
	  {2, 'S', "SA", ISN_S, 1001},
	  {3, 'C', "A", 1001, 5001}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},

	/* mid-stream and one-way */
	{"mid-stream, no message",
	 0,
	 {{0, 'S', "PA", 5100, 1200, "data"}, {1, 'C', "A", 1200, 5104}},
	 {STATE_MID_STREAM, '?', 'S', .late_start = true}},
	{"mid-stream, a message tells",
	 1,
	 {{0, 'S', "PA", 5100, 1200, "data"}, {1, 'C', "PA", 1200, 5104, "more"}},
	 {STATE_MID_STREAM, 'C', .late_start = true}},
	{"mid-stream, reset",
	 0,
	 {{0, 'S', "PA", 5100, 1200, "data"}, {1, 'C', "A", 1200, 5104}, {2, 'C', "R", 1200}},
	 {STATE_MID_STREAM, '?', 'S', .late_start = true, .rst_after_data = true}},
	{"one way: acknowledgements advance",
	 0,
	 {{0, 'C', "A", 1200, 5100}, {1, 'C', "A", 1200, 6500}, {2, 'C', "A", 1200, 7900}},
	 {STATE_ONE_WAY, '?', 'C', .late_start = true, .unseen_s = 1400}},
	{"one way: the client's side, from its SYN",
	 0,
	 {{0, 'C', "S", ISN_C},
	  {1, 'C', "A", 1001, 5001},
	  {2, 'C', "PA", 1001, 5001, "GET"},
	  {3, 'C', "A", 1004, 5501}},
	 {STATE_ONE_WAY, 'C', .tries = 1, .unseen_s = 500}},
	{"one way: the server's side",
	 0,
	 {{0, 'S', "SA", ISN_S, 1001},
	  {1, 'S', "PA", 5001, 1001, "220 hello"},
	  {2, 'S', "PA", 5010, 1021, "250"}},
	 {STATE_ONE_WAY, 'C', .late_start = true, .unseen_c = 20}},
	{"one way: SYN-ACK alone",
	 0,
	 {{0, 'S', "SA", ISN_S, 1001}},
	 {STATE_ONE_WAY, 'C', .late_start = true}},
	{"a RST of an older flow",
	 0,
	 {{0, 'S', "RA", 5001, 1001}},
	 {STATE_ONE_WAY, '?', 'S', .late_start = true, .n_ev = 1, .ev = {1}}},
	{"keep-alive alone",
	 0,
	 {{0, 'C', "A", 1199, 5100}, {45000, 'C', "A", 1199, 5100}},
	 {STATE_ONE_WAY, '?', 'C', .late_start = true}},

	/* half-open */
	{"half-open",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'S', "SA", ISN_S, 1001}, {3000, 'S', "SA", ISN_S, 1001}},
	 {STATE_HALF_OPEN, 'C', .tries = 1}},
	{"SYN scan",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'S', "SA", ISN_S, 1001}, {2, 'C', "R", 1001}},
	 {STATE_HALF_OPEN, 'C', .tries = 1}},

	/* refused */
	{"refused by the server",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'S', "RA", 0, 1001, NULL, 127}},
	 {STATE_REFUSED, 'C', .tries = 1, .refuser = REFUSER_SERVER, .n_ev = 2, .ev = {1, 2}}},
	{"refused, retried with the same number",
	 0,
	 {{0, 'C', "S", ISN_C},
	  {1, 'S', "RA", 0, 1001},
	  {500, 'C', "S", ISN_C},
	  {501, 'S', "RA", 0, 1001},
	  {1000, 'C', "S", ISN_C},
	  {1001, 'S', "RA", 0, 1001}},
	 {STATE_REFUSED, 'C', .tries = 3, .refuser = REFUSER_SERVER, .n_ev = 2, .ev = {1, 2}}},
	{"refused, retried with other numbers within 25 s",
	 0,
	 {{0, 'C', "S", ISN_C},
	  {1, 'S', "RA", 0, 1001},
	  {24000, 'C', "S", 9000},
	  {24001, 'S', "RA", 0, 9001}},
	 {STATE_REFUSED, 'C', .tries = 2, .refuser = REFUSER_SERVER}},
	{"refused SYN with data",
	 0,
	 {{0, 'C', "S", ISN_C, 0, "early"}, {1, 'S', "RA", 0, 1006}},
	 {STATE_REFUSED, 'C', .tries = 1, .refuser = REFUSER_SERVER}},
	{"a RST that does not acknowledge the SYN is no answer to it",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'S', "RA", 0, 77777}, {3000, 'C', "S", ISN_C}},
	 {STATE_NO_ANSWER, 'C', .tries = 2}},
	{"a RST without ACK is none either",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'S', "R", 0, 1001}},
	 {STATE_NO_ANSWER, 'C', .tries = 0}},

	/* rejected */
	{"rejected by a router",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'I', "Mr"}},
	 {STATE_REJECTED, 'C', .tries = 1, .refuser = REFUSER_OTHER, .n_ev = 2, .ev = {1, 2}}},
	{"prohibited by the server's own filter",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'I', "Sx"}},
	 {STATE_REJECTED, 'C', .tries = 1, .refuser = REFUSER_SERVER}},
	{"too big is no rejection",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'I', "Mb"}, {1000, 'C', "S", ISN_C}},
	 {STATE_NO_ANSWER, 'C', .tries = 2}},
	{"an error that quotes the server's packet changes nothing",
	 0,
	 {{0, 'C', "S", ISN_C}, {1, 'S', "SA", ISN_S, 1001}, {2, 'J', "Mx"}},
	 {STATE_HALF_OPEN, 'C', .tries = 1}},

	/* no answer */
	{"one SYN at the end of the input",
	 0,
	 {{0, 'C', "S", ISN_C}},
	 {STATE_NO_ANSWER, 'C', .tries = 0, .n_ev = 1, .ev = {1}}},
	{"SYN repeated",
	 0,
	 {{0, 'C', "S", ISN_C}, {3000, 'C', "S", ISN_C}, {9000, 'C', "S", ISN_C}},
	 {STATE_NO_ANSWER, 'C', .tries = 3, .n_ev = 2, .ev = {1, 3}}},
	{"SYN repeated past 25 s is still one attempt",
	 0,
	 {{0, 'C', "S", ISN_C},
	  {15000, 'C', "S", ISN_C},
	  {31000, 'C', "S", ISN_C},
	  {63000, 'C', "S", ISN_C}},
	 {STATE_NO_ANSWER, 'C', .tries = 4}},

	/* one 5-tuple, several flows */
	{"port reuse after FIN",
	 0,
	 {OPEN3,
	  {3, 'C', "FA", 1001, 5001},
	  {4, 'S', "FA", 5001, 1002},
	  {5, 'C', "A", 1002, 5002},
	  {900, 'C', "S", 90000},
	  {901, 'S', "SA", 7000, 90001},
	  {902, 'C', "A", 90001, 7001}},
	 {STATE_ESTABLISHED, 'C', .flows = 2, .tries = 1}},
	{"the same port, after more than 25 s and another number",
	 0,
	 {{0, 'C', "S", ISN_C},
	  {1, 'S', "RA", 0, 1001},
	  {26000, 'C', "S", 9000},
	  {26001, 'S', "RA", 0, 9001}},
	 {STATE_REFUSED, 'C', .flows = 2, .tries = 1, .refuser = REFUSER_SERVER}},
	{"idle for longer than the limit",
	 0,
	 {OPEN3, {3600 * 1000 + 3, 'C', "A", 1001, 5001}},
	 {STATE_ESTABLISHED, 'C', .flows = 2, .tries = 1}},
	{"idle up to the limit",
	 0,
	 {OPEN3, {3600 * 1000 + 2, 'C', "A", 1001, 5001}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"a SYN in the middle of an old connection",
	 0,
	 {{0, 'C', "PA", 4000, 8000, "x"}, {5000, 'C', "S", ISN_C}, {5001, 'S', "SA", 1, 1001}},
	 {STATE_ONE_WAY, '?', 'C', .flows = 2, .late_start = true}},

	/* loss */
	{"bytes acknowledged that were never seen",
	 0,
	 {OPEN3,
	  {3, 'C', "PA", 1001, 5001, "abcd"},
	  {4, 'S', "A", 5001, 1015},
	  {5, 'S', "A", 5001, 1015}},
	 {STATE_ESTABLISHED, 'C', .tries = 1, .unseen_c = 10}},
	{"acknowledged first, captured later",
	 0,
	 {OPEN3, {3, 'S', "A", 5001, 1005}, {4, 'C', "PA", 1001, 5001, "abcd"}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"half of the hole is filled",
	 0,
	 {OPEN3, {3, 'S', "A", 5001, 1009}, {4, 'C', "PA", 1003, 5001, "abcd"}},
	 {STATE_ESTABLISHED, 'C', .tries = 1, .unseen_c = 4}},
	{"a FIN that is acknowledged with more, and then data in its place",
	 0,
	 {OPEN3,
	  {3, 'C', "FA", 1001, 5001},
	  {4, 'S', "A", 5001, 1004},
	  {5, 'C', "PA", 1001, 5001, "abcdef"}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"a segment is missing between others",
	 0,
	 {OPEN3,
	  {3, 'C', "PA", 1001, 5001, "abcd"},
	  {4, 'C', "PA", 1105, 5001, "efgh"},
	  {5, 'S', "A", 5001, 1109}},
	 {STATE_ESTABLISHED, 'C', .tries = 1, .unseen_c = 100}},
	{"three are missing and come late, in any order",
	 0,
	 {OPEN3,
	  {3, 'C', "PA", 1003, 5001, "cd"},
	  {4, 'C', "PA", 1007, 5001, "gh"},
	  {5, 'C', "PA", 1011, 5001, "kl"},
	  {6, 'C', "PA", 1005, 5001, "ef"},
	  {7, 'C', "PA", 1001, 5001, "ab"},
	  {8, 'C', "PA", 1009, 5001, "ij"},
	  {9, 'S', "A", 5001, 1013}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"mid-stream, the side that is not heard first has nothing to lose yet",
	 0,
	 {{0, 'C', "A", 1200, 5100}, {1, 'S', "PA", 5100, 1200, "ab"}, {2, 'C', "A", 1200, 5102}},
	 {STATE_MID_STREAM, '?', 'C', .late_start = true}},
	{"an acknowledgement out of any window is no loss",
	 0,
	 {OPEN3, {3, 'S', "A", 5001, 1001u + 0x7fffffff}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"FIN is acknowledged",
	 0,
	 {OPEN3, {3, 'C', "FA", 1001, 5001}, {4, 'S', "A", 5001, 1002}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},

	/* UDP */
	{"request and answer, no message",
	 0,
	 {{0, 'c', "", 0, 0, "q"}, {1, 's', "", 0, 0, "a"}},
	 {STATE_ESTABLISHED, '?', 'C', .tries = 1, .n_ev = 2, .ev = {1, 2}}},
	{"the message decides, not the first packet",
	 1,
	 {{0, 's', "", 0, 0, "a"}, {1, 'c', "", 0, 0, "q"}},
	 {STATE_ESTABLISHED, 'C', .tries = 1, .late_start = true}},
	{"requests without answer",
	 1,
	 {{0, 'c', "", 0, 0, "q"}, {1000, 'c', "", 0, 0, "q"}},
	 {STATE_NO_ANSWER, 'C', .tries = 2, .n_ev = 2, .ev = {1, 2}}},
	{"one request at the end of the input",
	 1,
	 {{0, 'c', "", 0, 0, "q"}},
	 {STATE_NO_ANSWER, 'C', .tries = 0}},
	{"only answers visible",
	 1,
	 {{0, 's', "", 0, 0, "a"}, {9, 's', "", 0, 0, "a"}},
	 {STATE_ONE_WAY, 'C', .late_start = true}},
	{"port unreachable, by the server",
	 1,
	 {{0, 'c', "", 0, 0, "q"}, {1, 'I', "Sp"}},
	 {STATE_REFUSED, 'C', .tries = 1, .refuser = REFUSER_SERVER, .n_ev = 2, .ev = {1, 2}}},
	{"port unreachable, by another",
	 1,
	 {{0, 'c', "", 0, 0, "q"}, {1, 'I', "Mp"}},
	 {STATE_REJECTED, 'C', .tries = 1, .refuser = REFUSER_OTHER}},
	{"prohibited",
	 1,
	 {{0, 'c', "", 0, 0, "q"}, {1, 'I', "Mx"}},
	 {STATE_REJECTED, 'C', .tries = 1, .refuser = REFUSER_OTHER}},
	{"the client closed before the answer came",
	 1,
	 {{0, 'c', "", 0, 0, "q"}, {1, 's', "", 0, 0, "a"}, {2, 'J', "Mp"}},
	 {STATE_ESTABLISHED, 'C', .tries = 1}},
	{"answers refused by the client, its request not captured",
	 1,
	 {{1, 's', "", 0, 0, "a"}, {2, 'J', "Mp"}},
	 {STATE_ONE_WAY, 'C', .late_start = true}},
	{"idle for longer than the limit, UDP",
	 1,
	 {{0, 'c', "", 0, 0, "q"}, {1, 's', "", 0, 0, "a"}, {60002, 'c', "", 0, 0, "q"}},
	 {STATE_ESTABLISHED, 'C', .flows = 2, .tries = 1}},
};

static const struct ends {
	const char *c, *s, *m;
	uint16_t cport, sport;
} v4 = {"10.0.0.9", "10.0.0.1", "10.9.9.9", 40000, 443},
  v6 = {"2001:db8::9", "2001:db8::1", "2001:db8::ffff", 443, 40000};

static struct packet step_packet(const struct step *s, const struct ends *at, int64_t base_ns)
{
	bool from_c = s->from == 'C' || s->from == 'c' || s->from == 'I';
	bool udp = s->from == 'c' || s->from == 's';
	struct build b = {
		.src = from_c ? at->c : at->s,
		.dst = from_c ? at->s : at->c,
		.sport = from_c ? at->cport : at->sport,
		.dport = from_c ? at->sport : at->cport,
		.proto = udp ? IPPROTO_NR_UDP : IPPROTO_NR_TCP,
		.flags = udp ? 0 : lab_flags(s->flags),
		.seq = s->seq,
		.ack = s->ack,
		.ttl = s->ttl,
		.payload = s->data,
		.n = s->data ? strlen(s->data) : 0,
	};
	struct packet p = build_packet(&b, base_ns + s->ms * INT64_C(1000000), 0);

	if (s->from != 'I' && s->from != 'J')
		return p;

	struct packet e = {
		.ts_ns = p.ts_ns,
		.src = A(s->flags[0] == 'S' ? at->s : at->m),
		.dst = p.src,
		.proto = addr_is_v4(&p.src) ? IPPROTO_NR_ICMP : IPPROTO_NR_ICMP6,
		.wire_len = 70,
		.ttl = 60,
		.icmp_type = 3,
		.icmp_code = 13,
		.icmp_class = s->flags[1] == 'p'   ? ICMP_PORT
			      : s->flags[1] == 'r' ? ICMP_ROUTING
			      : s->flags[1] == 'b' ? ICMP_TOO_BIG
						   : ICMP_PROHIBITED,
		.icmp_has_inner = true,
		.inner_proto = IPPROTO_NR_TCP,
		.inner_src = p.src,
		.inner_dst = p.dst,
		.inner_sport = p.sport,
		.inner_dport = p.dport,
	};
	return e;
}

static void check_row(const struct row *row, const struct ends *at, int64_t base_ns,
		      const struct hash_key *key)
{
	struct lab *lab = lab_new(&(struct flow_options){.key = key});
	const struct expect *e = &row->e;
	struct addr c = A(at->c), s = A(at->s);
	bool c_is_side1 = memcmp(c.b, s.b, 16) > 0;
	bool udp = row->step[0].from == 'c' || row->step[0].from == 's';
	uint64_t packets = 0;

	if (row->client_side_c)
		lab->client_side = (row->client_side_c == 1) == c_is_side1;
	for (size_t i = 0; i < STEPS && row->step[i].from; i++) {
		struct packet p = step_packet(&row->step[i], at, base_ns);

		p.inner_proto = udp ? IPPROTO_NR_UDP : IPPROTO_NR_TCP;
		packets += !p.icmp_has_inner;
		assert_int_equal(lab_give(lab, &p), 0);
	}
	lab_end(lab);

	const struct flow_done *d = &lab->f[0].d;
	const struct flow_stats *st = flow_table_stats(lab->t);
	bool client_is_c = e->client == 'C' || (e->client == '?' && e->first == 'C');

	if (lab->n != (e->flows ? e->flows : 1) || d->state != e->state ||
	    d->directed != (e->client != '?') || !addr_equal(&d->addr[0], client_is_c ? &c : &s) ||
	    d->tries != e->tries || d->refuser != e->refuser ||
	    d->rst_after_data != e->rst_after_data || d->rst_after_accept != e->rst_after_accept ||
	    d->started == e->late_start)
		fail_msg("%s: %zu flows, %s, %s, client %s, tries %u, refuser %d, after data %d, "
			 "after accept %d, started %d",
			 row->name, lab->n, flow_state_name(d->state), dir_reason_name(d->reason),
			 addr_equal(&d->addr[0], &c) ? "C" : "S", d->tries, d->refuser,
			 d->rst_after_data, d->rst_after_accept, d->started);
	if (d->unseen[!client_is_c] != e->unseen_c || d->unseen[client_is_c] != e->unseen_s)
		fail_msg("%s: unseen %ju %ju", row->name, (uintmax_t)d->unseen[0],
			 (uintmax_t)d->unseen[1]);
	if (e->n_ev) {
		assert_int_equal(d->n_ev, e->n_ev);
		for (unsigned i = 0; i < e->n_ev; i++)
			if (d->ev[i].number != e->ev[i])
				fail_msg("%s: evidence %u is packet %u", row->name, i,
					 d->ev[i].number);
	}
	assert_int_equal(lab->packets, packets);
	assert_int_equal(st->packets, packets);
	assert_int_equal(st->done, st->flows);
	assert_int_equal(st->live, 0);
	lab_free(lab);
}

static void test_states(void **state)
{
	static const struct hash_key keys[] = {{1, 2}, {0xfeedface, 77}};
	static const int64_t bases[] = {INT64_C(1700000000000000000), 0, -NS_PER_S * 86400};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t b = 0; b < 3; b++) {
			check_row(&rows[i], &v4, bases[b], &keys[0]);
			check_row(&rows[i], &v6, bases[b], &keys[1]);
		}
}

/* Random traffic of few hosts and ports, to meet everything. */
static struct packet noise(uint64_t *seed, int64_t *ts_ns)
{
	uint64_t r = *seed += 0x9e3779b97f4a7c15;

	r = (r ^ r >> 30) * 0xbf58476d1ce4e5b9;
	r = (r ^ r >> 27) * 0x94d049bb133111eb;
	r ^= r >> 31;
	*ts_ns += (int64_t)(r >> 40) * ((r & 63) == 0 ? 2000 : 1);

	static const uint8_t flags[8] = {
		TCP_SYN,           TCP_SYN | TCP_ACK, TCP_ACK,           TCP_ACK,
		TCP_ACK | TCP_PSH, TCP_RST | TCP_ACK, TCP_FIN | TCP_ACK, TCP_ACK};
	static const uint8_t bytes[64] = "payload";
	struct packet p = {
		.ts_ns = *ts_ns,
		.number = (uint32_t)*seed,
		.wire_len = 60 + (uint32_t)(r & 31),
		.proto = r & 1 << 6 ? IPPROTO_NR_TCP : IPPROTO_NR_UDP,
		.tcp_flags = flags[r >> 7 & 7],
		.seq = (uint32_t)(r >> 10 & 7) * 10,
		.ack = (uint32_t)(r >> 13 & 7) * 10,
		.payload = bytes,
		.payload_len = (uint32_t)(r >> 16 & 31),
		.payload_wire = (uint32_t)(r >> 16 & 31),
		.sport = (uint16_t)(r >> 22 & 3),
		.dport = (uint16_t)(r >> 24 & 3),
		.ttl = (uint8_t)(60 + (r >> 26 & 1)),
		.src = addr_v4(0x0a000000 + (uint32_t)(r >> 27 & 7)),
		.dst = addr_v4(0x0a000000 + (uint32_t)(r >> 30 & 7)),
	};

	if (r >> 33 & 1) {
		p.src.b[0] = p.dst.b[0] = 0x20;
		p.src_mac[5] = (uint8_t)(r >> 26 & 1);
	}
	return p;
}

static uint64_t noise_sum(const struct hash_key *key, size_t batch, uint64_t seed, bool long_way)
{
	struct tally y;
	struct flow_table *t = tally_table(
		&y,
		&(struct flow_options){.key = key, .max_memory = 400U << 10, .long_way = long_way});
	int64_t ts = 0;
	struct packet p[40];
	uint64_t sum;

	for (size_t i = 0; i < 40000; i += batch) {
		for (size_t j = 0; j < batch; j++)
			p[j] = noise(&seed, &ts);
		assert_int_equal(
			batch == 1 ? flow_table_packet(t, p) : flow_table_packets(t, p, batch), 0);
	}
	flow_table_end(t, ts);
	assert_int_equal(y.packets, 40000);
	assert_int_equal(y.flows, flow_table_stats(t)->flows);
	assert_int_equal(flow_table_stats(t)->packets, 40000);
	sum = y.sum + flow_table_stats(t)->memory_max;
	flow_table_free(t);
	return sum;
}

/* Neither the secret nor batches can be seen in what comes out, nor in which order, nor whether
 * there is a straight way. */
static void test_same_result(void **state)
{
	static const struct hash_key a = {1, 2}, b = {0x123456789abcdef, 42};
	uint64_t sum = noise_sum(&a, 1, 7, false);

	(void)state;
	assert_int_equal(noise_sum(&b, 1, 7, false), sum);
	assert_int_equal(noise_sum(&a, 40, 7, false), sum);
	assert_int_equal(noise_sum(NULL, 20, 7, false), sum);
	assert_int_equal(noise_sum(&b, 40, 7, true), sum);
	assert_true(noise_sum(&a, 1, 8, false) != sum);
}

static void test_two_tables(void **state)
{
	struct lab *a = lab_new(NULL), *b = lab_new(NULL);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct packet p = step_packet(&rows[0].step[i], &v4, 0);

		assert_int_equal(lab_give(a, &p), 0);
		p = step_packet(&rows[0].step[i], &v6, 0);
		if (i != 2)
			assert_int_equal(lab_give(b, &p), 0);
	}
	lab_end(a);
	lab_end(b);
	assert_int_equal(a->n, 1);
	assert_int_equal(b->n, 1);
	assert_int_equal(a->f[0].d.state, STATE_ESTABLISHED);
	assert_int_equal(b->f[0].d.state, STATE_HALF_OPEN);
	assert_int_equal(a->f[0].d.port[1], 443);
	assert_int_equal(b->f[0].d.port[1], 40000);
	lab_free(a);
	lab_free(b);
}

/* Both ends the same: one side has everything. */
static void test_to_itself(void **state)
{
	struct lab *lab = lab_new(NULL);
	struct build b = {.src = "10.0.0.1",
			  .dst = "10.0.0.1",
			  .sport = 7,
			  .dport = 7,
			  .proto = IPPROTO_NR_TCP,
			  .flags = TCP_SYN,
			  .seq = 1};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct packet p = build_packet(&b, i, 0);

		assert_int_equal(lab_give(lab, &p), 0);
	}
	lab_end(lab);
	assert_int_equal(lab->n, 1);
	assert_int_equal(lab->packets, 2);
	lab_free(lab);
}

static void test_links(void **state)
{
	struct lab *lab = lab_new(NULL);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct packet p = step_packet(&rows[0].step[i], &v4, 0);

		p.vlan = 20;
		p.src_mac[5] = i == 1 ? 0xbb : 0xaa;
		p.ttl = i == 1 ? 127 : 63;
		p.input = 70000;
		assert_int_equal(lab_give(lab, &p), 0);
	}
	lab_end(lab);

	const struct flow_done *d = &lab->f[0].d;

	assert_int_equal(d->vlan, 20);
	assert_int_equal(d->mac[0][5], 0xaa);
	assert_int_equal(d->mac[1][5], 0xbb);
	assert_int_equal(d->client_ttl, 63);
	assert_int_equal(d->server_ttl, 127);
	assert_int_equal(d->ev[0].input, 70000);
	assert_int_equal(d->ev[1].input, 70000);
	lab_free(lab);
}

/* More MAC addresses than a table of their numbers starts with. */
static void test_many_links(void **state)
{
	struct lab *lab = lab_new(NULL);

	(void)state;
	for (uint32_t i = 0; i < 2000; i++) {
		struct packet p = syn(i, 0);

		p.src_mac[4] = (uint8_t)(i >> 8);
		p.src_mac[5] = (uint8_t)i;
		p.vlan = 1;
		assert_int_equal(lab_give(lab, &p), 0);
	}
	lab_end(lab);
	for (size_t i = 0; i < LAB_FLOWS; i++) {
		const struct flow_done *d = &lab->f[i].d;
		uint32_t of = d->ev[0].number - 1;

		assert_int_equal(d->mac[0][5], of & 255);
		assert_int_equal(d->mac[0][4], of >> 8);
		assert_int_equal(d->vlan, 1);
	}
	lab_free(lab);
}

/* Packets before the first one in time: two interfaces in one file. */
static void test_early_packet(void **state)
{
	struct lab *lab = lab_new(NULL);
	struct packet p = step_packet(&(struct step){100, 'C', "S", ISN_C}, &v4, 0);

	(void)state;
	assert_int_equal(lab_give(lab, &p), 0);
	p = step_packet(&(struct step){99, 'S', "SA", ISN_S, 1001}, &v4, 0);
	assert_int_equal(lab_give(lab, &p), 0);
	lab_end(lab);
	assert_int_equal(lab->f[0].d.first_ns, 99 * INT64_C(1000000));
	assert_int_equal(lab->f[0].d.last_ns, 100 * INT64_C(1000000));
	assert_int_equal(lab->f[0].d.ev[0].number, 2);
	lab_free(lab);
}

/* UDP to a group is answered by nobody: no failure. */
static void test_group(void **state)
{
	static const char *const to[] = {"255.255.255.255", "239.1.2.3", "ff02::fb"};
	static const char *const by[] = {"10.0.0.1", "10.0.0.1", "fe80::1"};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct lab *lab = lab_new(NULL);
		struct packet p = build_packet(&(struct build){.src = by[i],
							       .dst = to[i],
							       .sport = 138,
							       .dport = 138,
							       .proto = IPPROTO_NR_UDP,
							       .payload = "x",
							       .n = 1},
					       0, 0);

		assert_int_equal(lab_give(lab, &p), 0);
		lab_end(lab);
		assert_int_equal(lab->f[0].d.state, STATE_ONE_WAY);
		lab_free(lab);
	}
}

/* A RST in the server's name, from another hop: known by the server's own packet in the flow. */
static void test_refuser_by_ttl(void **state)
{
	static const struct {
		uint8_t ttl, mac, seq;
		enum refuser who;
		unsigned signs;
	} row[] = {
		{127, 1, 0, REFUSER_SERVER, 0},
		{255, 1, 0, REFUSER_OTHER, REFUSAL_TTL},
		{127, 2, 0, REFUSER_OTHER, REFUSAL_MAC},
		/* A sequence number proves nothing by itself. */
		{127, 1, 7, REFUSER_SERVER, REFUSAL_SEQUENCE},
		{255, 2, 7, REFUSER_OTHER, REFUSAL_TTL | REFUSAL_MAC | REFUSAL_SEQUENCE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct lab *lab = lab_new(NULL);
		/* The server's old connection answers the SYN with an ACK of its own (RFC 5961 4).
		 */
		static const struct step step[] = {{0, 'C', "S", ISN_C},
						   {1, 'S', "A", 1, 0xa0000000, NULL, 127},
						   {2, 'S', "RA", 0, 1001}};

		for (int j = 0; j < 3; j++) {
			struct packet p = step_packet(&step[j], &v4, 0);

			p.src_mac[0] = j == 2 ? row[i].mac : 1;
			if (j == 2) {
				p.ttl = row[i].ttl;
				p.seq = row[i].seq;
			}
			assert_int_equal(lab_give(lab, &p), 0);
		}
		lab_end(lab);
		assert_int_equal(lab->f[0].d.state, STATE_REFUSED);
		assert_int_equal(lab->f[0].d.refuser, row[i].who);
		assert_int_equal(lab->f[0].d.refusal_signs, row[i].signs);
		assert_int_equal(lab->f[0].d.refusal_mac[0], row[i].mac);
		assert_int_equal(lab->f[0].d.server_ttl, 127);
		assert_int_equal(lab->f[0].d.refusal_ns, 2000000);
		lab_free(lab);
	}
}

static void test_names(void **state)
{
	static const char *const states[] = {"established", "mid-stream", "one-way",  "half-open",
					     "rejected",    "refused",    "no-answer"};
	static const struct {
		const char *name;
		unsigned confidence;
	} reason[] = {{"handshake", 100}, {"message", 95}, {"learned", 80},
		      {"port", 60},       {"fan-in", 40},  {"first-packet", 20}};

	(void)state;
	for (int i = 0; i < STATE_N; i++)
		assert_string_equal(flow_state_name((enum flow_state)i), states[i]);
	for (int i = 0; i < DIR_N; i++) {
		assert_string_equal(dir_reason_name((enum dir_reason)i), reason[i].name);
		assert_int_equal(dir_confidence((enum dir_reason)i), reason[i].confidence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),         cmocka_unit_test(test_same_result),
		cmocka_unit_test(test_two_tables),     cmocka_unit_test(test_to_itself),
		cmocka_unit_test(test_links),          cmocka_unit_test(test_many_links),
		cmocka_unit_test(test_early_packet),   cmocka_unit_test(test_group),
		cmocka_unit_test(test_refuser_by_ttl), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

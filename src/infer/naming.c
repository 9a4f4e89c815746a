// SPDX-License-Identifier: BSD-2-Clause
/* Name servers and time servers. */
#include "infer/sign.h"
#include "recognise/recognise.h"

/* clang-format off */
static const struct sign rows[] = {
	{ROLE_DNS, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"dns"}, .port = {53}, .peers = 2, .one = "DNS exchange"}}},
	/* An answer is a proof, but one client may ask anything that listens there. */
	{ROLE_DNS, 'B',
	 .all = {{CLUE_ANSWERS, .app = {"dns"}, .port = {53}, .one = "DNS exchange"}}},

	{ROLE_NTP, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"ntp"}, .port = {123},
		  .never = APP_NOTE_NTP_SYMMETRIC | APP_NOTE_NTP_BROADCAST | APP_NOTE_NTP_CONTROL,
		  .one = "request for the time", .many = "requests for the time"}}},
	/* Peers tell each other the time: one of them may be a server. */
	{ROLE_NTP, 'B',
	 .all = {{CLUE_ANSWERS, .app = {"ntp"}, .port = {123}, .peers = 2,
		  .never = APP_NOTE_NTP_BROADCAST | APP_NOTE_NTP_CONTROL,
		  .one = "request for the time", .many = "requests for the time"}}},
};
SIGN_FAMILY(naming, rows);

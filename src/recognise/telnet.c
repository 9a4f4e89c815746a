// SPDX-License-Identifier: BSD-2-Clause
/*
 * Telnet, by its option negotiation (RFC 854, RFC 855):
 *
 *   IAC(FF) WILL|WONT|DO|DONT(FB..FE) option(1)   and   IAC SB(FA) option ... IAC SE(F0)
 */
#include "recognise/scan.h"

enum {
	IAC = 0xff,
	DONT = 0xfe,
	DO = 0xfd,
	WONT = 0xfc,
	WILL = 0xfb,
	SB = 0xfa,
	SE = 0xf0,
	OPTION_LAST = 49, /* of the registered ones that are used */
	OPTION_ECHO = 1,
	OPTION_TERMINAL = 24,
	OPTION_WINDOW = 31,
	ENOUGH = 3, /* commands: nine bytes, six of which are given */
};

/* Terminals have a type and a window, servers echo (RFC 857, RFC 1073, RFC 1091). */
static enum speaker who(uint8_t verb, uint8_t option)
{
	bool terminal = option == OPTION_TERMINAL || option == OPTION_WINDOW;

	if (verb == WILL && option == OPTION_ECHO)
		return SPEAKER_SERVER;
	if (verb == DO && option == OPTION_ECHO)
		return SPEAKER_CLIENT;
	if (terminal && (verb == DO || verb == WILL))
		return verb == DO ? SPEAKER_SERVER : SPEAKER_CLIENT;
	return SPEAKER_EITHER;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	int commands = 0;

	while (rd_left(&r)) {
		struct rd t = r;
		uint8_t iac = rd_u8(&t), verb = rd_u8(&t), option = rd_u8(&t);

		if (iac != IAC)
			break;
		if (rd_short(&t)) {
			if (rd_left(&r) > 1 && (verb < SB || verb == IAC))
				return VERDICT_NO;
			if (!commands)
				return VERDICT_MORE;
			break;
		}
		if (verb < SB || verb == IAC || option > OPTION_LAST)
			return VERDICT_NO;
		if (verb == SB) {
			uint8_t before = 0, c = 0;

			while (rd_left(&t) && !(before == IAC && c == SE)) {
				before = c;
				c = rd_u8(&t);
			}
		} else if (ret->speaker == SPEAKER_EITHER) {
			ret->speaker = who(verb, option);
		}
		r = t;
		commands++;
	}
	if (!commands)
		return VERDICT_NO;
	return commands >= ENOUGH ? VERDICT_SURE : VERDICT_LIKELY;
}

const struct recogniser recogniser_telnet = {
	.word = "telnet",
	.spec = "RFC 854; RFC 855",
	.proto = PROTO_TCP,
	.min = 6, /* two commands, each whole with three */
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\xff\xff"), BYTE_IN("\xfa\xfe"), BYTE_IN("\0\x31")}}),
	.remote_control = true,
	.apps = {{"telnet", "Telnet"}},
	.probe = probe,
};

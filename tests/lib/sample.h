/* SPDX-License-Identifier: BSD-2-Clause */
/* sample - a result document made by hand, with something in every part and hostile names in it. */
#ifndef SPAN_TESTS_SAMPLE_H
#define SPAN_TESTS_SAMPLE_H

#include "findings/result.h"

/* An escape sequence, a quote, a right-to-left override, a byte that is no UTF-8, a newline. */
#define SAMPLE_HOSTILE "ev\x1b[31mil\"'\xe2\x80\xae\xff<b>\nx"

struct sample {
	struct result r;
	struct site site;
	struct rule rule[4];
	struct rule_row row[4];
	struct finding finding[4];
	struct conv conv[2];
	struct conv_more more;
	char pipe[2][CONV_PIPE_TEXT];
	struct judged judged[2];
	struct rpc_row rpc[4];
	struct role_row role[3];
	struct scope_row scope[1];
	struct unjudged_row unjudged[2];
	struct result_input input[2];
};

/* The same every time. */
void sample_make(struct sample *s);

#endif

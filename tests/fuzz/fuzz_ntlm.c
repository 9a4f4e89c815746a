// SPDX-License-Identifier: BSD-2-Clause
/* The reader of names in NTLM challenges: the input is what a server sent as credentials. */
#include "learn/ntlm.h"
#include "sight_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct hash_key key = {0};
	const struct learn_ask q = {.proto = PROTO_TCP, .port = {50000, 445}};
	const struct evidence at = {.number = 1};
	struct learn *l = learn_new(&(struct learn_options){.key = &key});
	struct learn_flow *f = l ? learn_open(l, &q) : NULL;
	struct learn_facts facts;
	uint8_t *exact = malloc(n ? n : 1); /* its end is the end */

	if (!f || !exact)
		abort();
	if (n)
		memcpy(exact, p, n);
	ntlm_credentials(f, 1, rd_over(exact, n), &at);
	free(exact);
	learn_close(f, &facts);
	sight_check_rows(l);
	learn_free(l);
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
/* Headers, contexts, results and trailers of DCE/RPC PDUs, whole, cut and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "rpc_lab.h"

static struct talk t;

static struct rd body_of(bool big, void (*make)(struct talk *))
{
	memset(&t, 0, sizeof t);
	t.big = big;
	make(&t);
	return rd_over(t.p, t.n);
}

static void three_contexts(struct talk *w)
{
	static const struct offered o[] = {
		{0, EPM, 3, 0, NDR}, {1, LSARPC, 0, 7, NDR64}, {513, EPM, 3, 0, FEATURES}};

	bind_n(w, 0x01020304, o, N_ELEMENTS(o));
}

static void three_results(struct talk *w)
{
	static const struct answered r[] = {{PDU_PROVIDER_REJECTION, PDU_NO_TRANSFER, NULL},
					    {PDU_ACCEPTED, 0, NDR64},
					    {PDU_NEGOTIATE_ACK, 3, NULL}};

	begin(w, PDU_BIND_ACK, 3, 9);
	results(w, w->big ? "\\PIPE\\lsass" : "49667", r, N_ELEMENTS(r));
	end(w, 1);
}

static void contexts_of_a_bind(void **state)
{
	for (int big = 0; big < 2; big++) {
		struct rd r = body_of(big, three_contexts);
		struct pdu h;
		struct pdu_context c;
		uint8_t n = 0;

		assert_int_equal(pdu_header(&r, &h), VERDICT_SURE);
		assert_int_equal(h.call_id, 0x01020304);
		assert_int_equal(h.little, !big);
		assert_int_equal(h.frag, t.n);
		assert_int_equal(pdu_body(&h), t.n - PDU_HEADER);
		assert_int_equal(pdu_bind(&r, h.little, &n), VERDICT_SURE);
		assert_int_equal(n, 3);
		assert_int_equal(pdu_context(&r, h.little, &c), VERDICT_SURE);
		assert_true(c.id == 0 && c.syntaxes == PDU_NDR && c.major == 3 && c.minor == 0);
		assert_string_equal(rpc_iface_find(c.uuid)->name, "epmapper");
		assert_int_equal(pdu_context(&r, h.little, &c), VERDICT_SURE);
		assert_true(c.id == 1 && c.syntaxes == PDU_NDR64 && c.major == 0 && c.minor == 7);
		assert_int_equal(pdu_context(&r, h.little, &c), VERDICT_SURE);
		assert_true(c.id == 513 && c.syntaxes == PDU_FEATURES);
		assert_false(rd_short(&r));
		assert_int_equal(rd_left(&r), 0);
		assert_int_equal(pdu_context(&r, h.little, &c), VERDICT_MORE);
	}
}

static void results_of_an_ack(void **state)
{
	for (int big = 0; big < 2; big++) {
		struct rd r = body_of(big, three_results);
		struct pdu_result one[3];
		struct pdu_ack a;
		struct pdu h;
		uint8_t n = 0;

		assert_int_equal(pdu_header(&r, &h), VERDICT_SURE);
		assert_int_equal(pdu_ack(&r, h.little, &a), VERDICT_SURE);
		assert_int_equal(a.n_address, big ? 12 : 6);
		assert_true(rd_is(&a.address, big ? "\\PIPE\\lsass" : "49667", a.n_address));
		assert_true(pdu_results(&r, &a, &n));
		assert_int_equal(n, 3);
		for (int i = 0; i < 3; i++)
			assert_true(pdu_result(&r, h.little, &one[i]));
		assert_int_equal(rd_left(&r), 0);
		assert_true(one[0].result == PDU_PROVIDER_REJECTION &&
			    one[0].reason == PDU_NO_TRANSFER);
		assert_true(one[1].result == PDU_ACCEPTED && one[1].syntax == PDU_NDR64);
		assert_int_equal(one[2].result, PDU_NEGOTIATE_ACK);
		assert_false(pdu_result(&r, h.little, &one[0]));
	}
}

/* Whatever is missing is told from what is wrong, and nothing behind the end is touched. */
static void cut(void **state)
{
	void (*const make[])(struct talk *) = {three_contexts, three_results};

	for (size_t i = 0; i < N_ELEMENTS(make); i++) {
		struct rd whole = body_of(false, make[i]);
		const size_t all = rd_left(&whole);

		for (size_t k = 0; k < all; k++) {
			uint8_t *p = malloc(k ? k : 1);
			struct pdu_context c;
			struct pdu_result one;
			struct pdu_ack a;
			struct rd r;
			struct pdu h;
			unsigned got = 0;
			uint8_t n = 0;

			assert_non_null(p);
			memcpy(p, t.p, k);
			r = rd_over(p, k);
			assert_int_equal(pdu_header(&r, &h),
					 k < PDU_HEADER ? VERDICT_MORE : VERDICT_SURE);
			if (k < PDU_HEADER) {
				assert_int_equal(rd_left(&r), k);
			} else if (i == 0) {
				if (pdu_bind(&r, h.little, &n) == VERDICT_SURE)
					while (got < n &&
					       pdu_context(&r, h.little, &c) == VERDICT_SURE &&
					       !rd_short(&r))
						got++;
				assert_int_equal(got, k < 28 ? 0 : (k - 28) / 44);
			} else {
				if (pdu_ack(&r, h.little, &a) == VERDICT_SURE &&
				    pdu_results(&r, &a, &n))
					while (got < n && pdu_result(&r, h.little, &one))
						got++;
				assert_int_equal(got, k < 36 ? 0 : (k - 36) / 24);
			}
			free(p);
		}
	}
}

static void headers(void **state)
{
	static const struct {
		uint8_t at, value;
		enum verdict want;
	} rows[] = {
		{0, 5, VERDICT_SURE},  {0, 4, VERDICT_NO},     {1, 1, VERDICT_SURE},
		{1, 2, VERDICT_NO},    {2, 1, VERDICT_NO},     {2, 4, VERDICT_NO},
		{2, 20, VERDICT_SURE}, {2, 21, VERDICT_NO},    {4, 0x11, VERDICT_SURE},
		{4, 0x20, VERDICT_NO}, {5, 3, VERDICT_SURE},   {5, 4, VERDICT_NO},
		{6, 1, VERDICT_NO},    {7, 1, VERDICT_NO},     {8, 23, VERDICT_NO},
		{8, 24, VERDICT_SURE}, {10, 16, VERDICT_SURE}, {10, 17, VERDICT_NO},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		/* A response of 40 bytes: 16 of credentials are the most that leave room. */
		uint8_t p[PDU_HEADER] = {5, 0, 2, 3, 0x10, 0, 0, 0, 40};
		struct rd r = rd_over(p, sizeof p);
		struct pdu h;

		p[rows[i].at] = rows[i].value;
		assert_int_equal(pdu_header(&r, &h), rows[i].want);
	}
}

static void calls_and_trailers(void **state)
{
	static const uint8_t call[] = {1, 0, 0, 0, 0x34, 0x12, 5, 0};
	static const uint8_t trailer[] = {9, 6, 12, 0, 1, 0, 0, 0};
	struct pdu h = {.ptype = PDU_REQUEST, .little = true};
	struct rd r = rd_over(call, sizeof call);
	struct pdu_trailer tr;
	struct pdu_call c;

	assert_true(pdu_call(&r, &h, &c));
	assert_true(c.context == 0x1234 && c.opnum == 5);
	h.ptype = PDU_RESPONSE;
	h.little = false;
	r = rd_over(call, sizeof call);
	assert_true(pdu_call(&r, &h, &c));
	assert_true(c.context == 0x3412 && c.opnum == 0);
	r = rd_over(call, sizeof call - 1);
	assert_false(pdu_call(&r, &h, &c));
	r = rd_over(trailer, sizeof trailer);
	assert_true(pdu_trailer(&r, &tr));
	assert_true(tr.type == 9 && tr.level == PDU_PRIVACY && tr.pad == 12);
	r = rd_over(trailer, sizeof trailer - 1);
	assert_false(pdu_trailer(&r, &tr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts_of_a_bind),
		cmocka_unit_test(results_of_an_ack),
		cmocka_unit_test(cut),
		cmocka_unit_test(headers),
		cmocka_unit_test(calls_and_trailers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/* Recognitions of flows: each its own line, but for those that say nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/slot.h"

enum { MANY = 100000 };

static void lines_and_names(void **state)
{
	static struct slot *all[MANY];
	struct bank bank = {0};
	static struct slots s;

	slots_init(&s, &bank);
	for (size_t i = 0; i < MANY; i++) {
		all[i] = slot_get(&s);
		assert_non_null(all[i]);
		assert_int_equal((uintptr_t)all[i] % CACHELINE, 0);
		assert_int_equal(all[i]->client_side, -1);
		assert_false(all[i]->shared || all[i]->unread);
		all[i]->notes = (uint32_t)i;
	}
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(all[i]->notes, i);

	struct slot_names *n = all[7]->names = slot_names_get(&s);

	assert_non_null(n);
	slot_put(&s, all[7]);
	slot_put(&s, NULL);
	assert_ptr_equal(slot_get(&s), all[7]);
	assert_null(all[7]->names);
	assert_int_equal(all[7]->notes, 0);
	assert_ptr_equal(slot_names_get(&s), n);

	assert_null(bank.first);
	slots_drop(&s);
	assert_non_null(bank.first); /* those of many flows go on */
	assert_non_null(slot_get(&s));
	slots_drop(&s);
	bank_done(&bank);
}

static void one_for_all(void **state)
{
	static struct slots s;

	slots_init(&s, NULL);
	for (int udp = 0; udp < 2; udp++)
		for (unsigned sides = 1; sides <= SLOTS_SHARED; sides++) {
			uint8_t proto = udp ? PROTO_UDP : PROTO_TCP;
			struct slot *one = slot_shared(&s, sides, proto), *own;

			assert_true(one->shared && one->unread);
			assert_int_equal(one->conf, APP_UNSURE);
			assert_int_equal(recognise_is_all_no(&one->memo, proto), sides);
			slot_put(&s, one);
			own = slot_own(&s, one);
			assert_ptr_not_equal(own, one);
			assert_false(own->shared);
			assert_int_equal(recognise_is_all_no(&own->memo, proto), sides);
			assert_ptr_equal(slot_own(&s, own), own);
			slot_put(&s, own);
		}
	slots_drop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_names),
		cmocka_unit_test(one_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "recognise/rpc_iface.h"

static void text_and_back(void **state)
{
	static const char *const bad[] = {
		"",
		"12345678-1234-abcd-ef00-01234567cff",
		"12345678-1234-abcd-ef00-01234567cffb0",
		"{12345678-1234-abcd-ef00-01234567cff}",
		"12345678x1234-abcd-ef00-01234567cffb",
		"1234567g-1234-abcd-ef00-01234567cffb",
	};
	static const uint8_t want[16] = {0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0xab, 0xcd,
					 0xef, 0x00, 0x01, 0x23, 0x45, 0x67, 0xcf, 0xfb};
	uint8_t u[16] = {0};
	char buf[RPC_UUID_TEXT];

	assert_true(rpc_uuid_parse("12345678-1234-ABCD-ef00-01234567cffb", u));
	assert_memory_equal(u, want, sizeof u);
	assert_string_equal(rpc_uuid_format(u, buf), "12345678-1234-abcd-ef00-01234567cffb");
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(rpc_uuid_parse(bad[i], u));
	assert_memory_equal(u, want, sizeof u);
}

static void known_interfaces(void **state)
{
	static const struct {
		const char *uuid, *name;
		uint16_t major, minor;
	} rows[] = {
		{"e1af8308-5d1f-11c9-91a4-08002b14a0fa", "epmapper", 3, 0},
		{"99fcfec4-5260-101b-bbcb-00aa0021347a", "IObjectExporter", 0, 0},
		{"000001a0-0000-0000-c000-000000000046", "ISystemActivator", 0, 0},
		{"e3514235-4b06-11d1-ab04-00c04fc2dcd2", "drsuapi", 4, 0},
		{"12345678-1234-abcd-ef00-01234567cffb", "netlogon", 1, 0},
		{"12345778-1234-abcd-ef00-0123456789ab", "lsarpc", 0, 0},
		{"12345778-1234-abcd-ef00-0123456789ac", "samr", 1, 0},
		{"367abb81-9844-35f1-ad32-98f038001003", "svcctl", 2, 0},
		{"906b0ce0-c70b-1067-b317-00dd010662da", "IXnRemote", 1, 0},
		{"a4f1db00-ca47-1067-b31f-00dd010662da", "emsmdb", 0, 81},
		{"f5cc5a18-4264-101a-8c59-08002b2f8426", "nspi", 56, 0},
		{"9556dc99-828c-11cf-a37e-00aa003240c7", "IWbemServices", 0, 0},
	};
	uint8_t u[16];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		assert_true(rpc_uuid_parse(rows[i].uuid, u));

		const struct rpc_iface_row *row = rpc_iface_find(u);

		assert_non_null(row);
		assert_string_equal(row->name, rows[i].name);
		assert_int_equal(row->major, rows[i].major);
		assert_int_equal(row->minor, rows[i].minor);
	}
	assert_true(rpc_uuid_parse("01234567-89ab-cdef-0123-456789abcdef", u));
	assert_null(rpc_iface_find(u));
}

static void the_table_is_sound(void **state)
{
	assert_int_equal(rpc_iface_count(), 85);
	assert_null(rpc_iface_at(rpc_iface_count()));
	for (size_t i = 0; i < rpc_iface_count(); i++) {
		const struct rpc_iface_row *row = rpc_iface_at(i);

		/* No UUID and no name twice: each finds its own row. */
		assert_ptr_equal(rpc_iface_find(row->uuid), row);
		assert_ptr_equal(rpc_iface_by_name(row->name), row);
		assert_true(*row->title);
		assert_true(row->major_to > row->major ||
			    (row->major_to == row->major && row->minor_to >= row->minor));
		assert_int_equal(strcspn(row->name, " ,[]:\"'"), strlen(row->name));
	}
	assert_ptr_equal(rpc_iface_by_name("w32time"), rpc_iface_by_name("W32Time"));
	assert_null(rpc_iface_by_name("nothing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_back),
		cmocka_unit_test(known_interfaces),
		cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

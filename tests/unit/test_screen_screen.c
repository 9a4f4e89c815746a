// SPDX-License-Identifier: BSD-2-Clause
/* Keys are pressed, and the screen is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "sample.h"
#include "screen/table.h"

enum { ROWS_MOST = 70, TEXT = 4000 };

/* What stands on the screen; bytes of a row, which is enough to look for words. */
struct grid {
	unsigned rows, columns;
	bool utf8;
	char text[ROWS_MOST][TEXT];
	unsigned end[ROWS_MOST]; /* columns that are used */
	unsigned marked[ROWS_MOST];
};

static void check_text(const struct grid *g, const char *text)
{
	for (const unsigned char *z = (const unsigned char *)text; *z; z++) {
		assert_true(*z >= 0x20 && *z != 0x7f);
		if (!g->utf8)
			assert_true(*z < 0x80);
	}
}

static void put(void *user, unsigned row, unsigned column, unsigned paint, const char *text)
{
	struct grid *g = user;
	unsigned n = (unsigned)out_columns(text, strlen(text));

	assert_true(row < g->rows);
	assert_true(column + n <= g->columns);
	check_text(g, text);
	g->marked[row] |= paint & PAINT_MARKED;
	/* A row is blank before it is selected. */
	if (column < g->end[row]) {
		if (column)
			return;
		*g->text[row] = '\0';
		g->end[row] = 0;
	}
	for (; g->end[row] < column; g->end[row]++)
		strcat(g->text[row], " ");
	assert_true(strlen(g->text[row]) + strlen(text) < TEXT);
	strcat(g->text[row], text);
	g->end[row] = column + n;
}

static void draw(struct screen *s, struct grid *g)
{
	struct pen pen = {
		.put = put, .user = g, .rows = g->rows, .columns = g->columns, .utf8 = g->utf8};

	for (unsigned i = 0; i < ROWS_MOST; i++)
		*g->text[i] = '\0';
	memset(g->end, 0, sizeof g->end);
	memset(g->marked, 0, sizeof g->marked);
	assert_int_equal(screen_draw(s, &pen), 0);
}

static bool shows(const struct grid *g, const char *words)
{
	for (unsigned i = 0; i < g->rows; i++)
		if (strstr(g->text[i], words))
			return true;
	return false;
}

/* One letter is a key; those without a letter have one here. */
static void press(struct screen *s, const char *keys)
{
	static const struct {
		char c;
		uint32_t key;
	} special[] = {
		{'^', KEY_OF_UP},      {'|', KEY_OF_DOWN},       {'<', KEY_OF_LEFT},
		{'>', KEY_OF_RIGHT},   {'\n', KEY_OF_ENTER},     {'!', KEY_OF_ESCAPE},
		{'~', KEY_OF_TAB},     {'\b', KEY_OF_BACKSPACE}, {'}', KEY_OF_PAGE_DOWN},
		{'{', KEY_OF_PAGE_UP}, {'`', KEY_OF_BACK_TAB},
	};

	for (; *keys; keys++) {
		uint32_t key = (unsigned char)*keys;

		for (size_t i = 0; i < N_ELEMENTS(special); i++)
			if (special[i].c == *keys)
				key = special[i].key;
		assert_int_equal(screen_key(s, key), SCREEN_ON);
	}
}

struct shown {
	struct sample sample;
	struct screen s;
	struct grid g;
};

static struct shown *begin(unsigned rows, unsigned columns, bool utf8)
{
	struct shown *t = calloc(1, sizeof *t);

	assert_non_null(t);
	sample_make(&t->sample);
	screen_init(&t->s, utf8);
	t->s.source = "night.json";
	screen_result(&t->s, &t->sample.r);
	t->g.rows = rows;
	t->g.columns = columns;
	t->g.utf8 = utf8;
	draw(&t->s, &t->g);
	return t;
}

static void end(struct shown *t)
{
	screen_done(&t->s);
	arena_done(&t->sample.r.arena);
	free(t);
}

static void test_keys(void **state)
{
	static const struct {
		const char *keys;
		const char *shows, *shows_not; /* NULL: any */
	} rows[] = {
		{"", "[X] NOT COMPLIANT   1 high, 1 medium, 1 info, 1 waived", NULL},
		{"", "row 1 of 4", "sorted"},
		{"", "unexpected-port", "crm-web, crm-orgws:"},
		{"2", "n fine, xn to look at, on missing, ?n not judged", "row 1"},
		{"3", "row 1 of 2", NULL},
		{"4", "sorted by OUTCOME", NULL},
		{"5", "row 1 of 3", NULL},
		{"6", "row 1 of 2", NULL},
		{"~~", "row 1 of 2", NULL},
		{"<", "row 1 of 2", NULL}, /* round to the last page */
		{"``", "row 1 of 3", NULL},
		{"|", "row 2 of 4", NULL},
		{"|||||||", "row 4 of 4", NULL},
		{"}", "row 4 of 4", NULL},
		{"}{", "row 1 of 4", NULL},
		{"G", "row 4 of 4", NULL},
		{"Gg", "row 1 of 4", NULL},
		/* long text and back */
		{"\n", "F-7c1e00000001  HIGH  unexpected-port", "row 1"},
		{"\n!", "row 1 of 4", NULL},
		{"\nq", "row 1 of 4", NULL},
		{"\n>", "lines 1 to", "F-7c1e00000001"},
		{"\n><", "F-7c1e00000001", NULL},
		{"?", "Tab, left, right", NULL},
		{"?!", "row 1 of 4", NULL},
		{"e", "The packets behind it", NULL},
		{"w", "this is a waiver", NULL},
		{"3e", "select a finding first", NULL},
		{"5\n", "Roles", NULL},
		/* filters */
		{"/unexpected-port\n", "row 1 of 1  filter: unexpected-port", NULL},
		{"/UNEXPECTED-port\n", "row 1 of 1", NULL},
		{"/port=22\n", "row 1 of 1  filter: port=22", NULL},
		{"/port=22 xyz\n", "this is not KEY=VALUE", NULL},
		{"/port=22 xyz\n!", "row 1 of 4", NULL},
		{"/colour=1\n", "there is no such filter key", NULL},
		{"/nothing has this\n", "No row is left of these. Esc shows all.", NULL},
		{"/nothing has this\n!", "row 1 of 4", NULL},
		{"/nothing\n\n", "there is no row to show", NULL},
		{"/nothinx\b\b\b\b\b\b\bport=22\n", "row 1 of 1", NULL},
		{"/port", "filter: port_", NULL},
		{"/port!", "row 1 of 4", "filter:"},
		{"6/port=22\n", "this page is filtered by plain words", NULL},
		{"6/pcap\n", "row 1 of 2", NULL},
		{"2/", "the matrix has no filter", NULL},
		{"3/verdict=documented\n", "row 1 of 1", NULL},
		{"5/role=crm-web\n", "row 1 of 1", NULL},
		{"3/net=10.30.0.0/16\n", "row 1 of 1", NULL},
		{"3/state=no-answer\n", "row 1 of 1", NULL},
		{"5/net=10.0.0.0/8\n", "row 1 of", NULL},
		/* the order */
		{"s", "sorted by SEVERITY", NULL},
		{"S", "the last first", NULL},
		{"ss", "sorted by KIND", NULL},
		{"p", "PAUSED", NULL},
		{"pp", "row 1 of 4", "PAUSED"},
		/* a cell of the matrix is its conversations */
		{"2\n", "  only ", NULL},
		{"2\n!", "row 1 of 2", "only"},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct shown *t = begin(30, 120, true);

		press(&t->s, rows[i].keys);
		draw(&t->s, &t->g);
		if (!shows(&t->g, rows[i].shows))
			fail_msg("keys '%s' do not show '%s'", rows[i].keys, rows[i].shows);
		if (rows[i].shows_not && shows(&t->g, rows[i].shows_not))
			fail_msg("keys '%s' show '%s'", rows[i].keys, rows[i].shows_not);
		end(t);
	}
}

static void test_quits(void **state)
{
	struct shown *t = begin(24, 80, true);

	(void)state;
	press(&t->s, "/q!"); /* into the filter, and out */
	press(&t->s, "?q");
	assert_int_equal(screen_key(&t->s, 'q'), SCREEN_QUIT);
	assert_int_equal(screen_key(&t->s, 3), SCREEN_QUIT);
	end(t);
}

/* Names are hostile in the sample; every size and every pane keeps them in their place. */
static void test_sizes(void **state)
{
	static const unsigned sizes[][2] = {{1, 1},   {8, 40},  {9, 41},   {10, 60}, {12, 79},
					    {14, 80}, {24, 80}, {25, 132}, {60, 200}};
	static const char *const keys[] = {"",    "2",   "3",   "4",         "5",   "6",
					   "?",   "\n",  "e",   "w",         "3\n", "4\n",
					   "5\n", "6\n", "2|>", "/\xc3\xa4", "s"};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(sizes); i++)
		for (size_t k = 0; k < 2 * N_ELEMENTS(keys); k++) {
			struct shown *t = begin(sizes[i][0], sizes[i][1], k % 2);

			press(&t->s, keys[k / 2]);
			draw(&t->s, &t->g);
			press(&t->s, "||||}}}^^<>>G");
			draw(&t->s, &t->g);
			end(t);
		}
}

static void test_hostile_names(void **state)
{
	struct shown *t = begin(24, 120, true);

	(void)state;
	assert_true(shows(&t->g, "ev\\x1b[31mil"));
	end(t);
	t = begin(24, 120, false);
	assert_true(shows(&t->g, "ev\\x1b[31mil"));
	end(t);
}

/* What is selected stays so in a newer result, wherever it then stands. */
static void test_newer(void **state)
{
	struct shown *t = begin(24, 80, true);
	struct finding first = t->sample.finding[0];

	(void)state;
	press(&t->s, "||");
	draw(&t->s, &t->g);
	assert_true(shows(&t->g, "row 3 of 4"));
	t->sample.finding[0] = t->sample.finding[2];
	t->sample.finding[2] = first;
	screen_result(&t->s, &t->sample.r);
	draw(&t->s, &t->g);
	assert_true(shows(&t->g, "row 1 of 4"));
	/* and what is gone closes its details */
	press(&t->s, "G");
	press(&t->s, "\n");
	draw(&t->s, &t->g);
	t->sample.r.n_findings--;
	screen_result(&t->s, &t->sample.r);
	draw(&t->s, &t->g);
	draw(&t->s, &t->g);
	assert_true(shows(&t->g, "what was shown is not in the newest result"));
	end(t);
}

static void test_nothing_yet(void **state)
{
	struct grid g = {.rows = 24, .columns = 80, .utf8 = true};
	struct screen s;

	(void)state;
	screen_init(&s, true);
	s.source = "control";
	for (const char *keys = "123456"; *keys; keys++) {
		screen_key(&s, (uint32_t)*keys);
		press(&s, "\n|^ew/x\n!s}");
		draw(&s, &g);
		assert_true(shows(&g, "NOT JUDGED YET"));
	}
	screen_done(&s);
}

#define RUN(uptime, packets, more)                                                                 \
	"{\"schema\":\"spanaudit-status/1\",\"state\":\"running\",\"uptime_s\":" uptime            \
	",\"packets\":" packets ",\"every_s\":60,\"interfaces\":[{\"name\":\"span0\",\"up\":true," \
	"\"there\":true},{\"name\":\"ev\\u001bil\",\"up\":false,\"there\":true}],\"lost\":{"       \
	"\"kernel\":7,\"card\":null,\"mirror\":{\"unseen_bytes\":1,\"seen_bytes\":99},\"shed\":"   \
	"3}" more "}"

/* What a run says of itself comes before what was judged. */
static void test_run(void **state)
{
	static const char first[] = RUN("10", "1000", "");
	static const char second[] =
		RUN("12", "3000", ",\"judged\":{\"at\":\"2024-05-01T03:00:00Z\"}");
	static const char busy[] = RUN("12", "3000", ",\"shed\":{\"level\":3,\"one_flow_in\":4}");
	static const char *const others[] = {
		"", "{", "[]", "{}", "{\"schema\":\"spanaudit-status/2\"}", "{\"schema\":7}"};
	struct shown *t = begin(24, 120, true);
	struct out line = {0};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(others); i++)
		assert_false(status_read(&t->s.status, others[i], strlen(others[i])));
	assert_false(t->s.status.known);
	assert_true(status_read(&t->s.status, first, strlen(first)));
	assert_false(t->s.status.has_rate);
	assert_true(status_read(&t->s.status, second, strlen(second)));
	assert_int_equal(t->s.status.rate, 1000);
	assert_string_equal(t->s.status.judged, "2024-05-01T03:00:00Z");
	assert_true(time_parse("2024-05-01T03:01:30Z", &t->s.now_ns));
	memcpy(t->s.judged, t->s.status.judged, sizeof t->s.judged);
	draw(&t->s, &t->g);
	assert_true(shows(&t->g, "span0+ev\\x1bil"));
	assert_true(shows(&t->g,
			  "ev\\x1bil AWAY; lost: by this computer 7, cards untold, TCP unseen "
			  "1.00%, given up 3; 1,000 packets/s"));
	assert_true(status_read(&t->s.status, busy, strlen(busy)));
	draw(&t->s, &t->g);
	assert_true(shows(&t->g, "TOO BUSY: 1 of 4 new flows  2024-05-01 03:01:30"));
	screen_line(&t->s, &line);
	assert_non_null(strstr(out_str(&line),
			       "ev\\x1bil  TOO BUSY: 1 of 4 new flows  [X] NOT COMPLIANT  "));
	assert_non_null(
		strstr(out_str(&line), "; ev\\x1bil AWAY; lost: by this computer 7, cards untold"));
	assert_null(strchr(out_str(&line), '\n'));
	out_done(&line);
	assert_true(status_read(&t->s.status, second, strlen(second)));
	draw(&t->s, &t->g);
	assert_false(shows(&t->g, "TOO BUSY"));
	assert_true(shows(&t->g, "judged 1 min 30 s ago"));
	assert_true(shows(&t->g, "up 12 s  2024-05-01 03:01:30"));
	end(t);
}

/* What is wide counts twice, what combines not at all, and nothing is cut in two. */
static void test_cut(void **state)
{
	static const struct {
		const char *text;
		unsigned most;
		bool utf8;
		const char *cut;
	} rows[] = {
		{"sqlcl01", 7, true, "sqlcl01"},
		{"sqlcl01", 6, true, "sqlcl\xe2\x80\xa6"},
		{"sqlcl01", 6, false, "sqlcl~"},
		{"sqlcl01", 1, true, "\xe2\x80\xa6"},
		{"\xe4\xb8\xad\xe6\x96\x87", 4, true, "\xe4\xb8\xad\xe6\x96\x87"},
		{"\xe4\xb8\xad\xe6\x96\x87", 3, true, "\xe4\xb8\xad\xe2\x80\xa6"},
		{"\xe4\xb8\xad\xe6\x96\x87", 2, true, "\xe2\x80\xa6"},
		{"\xe4\xb8\xad", 12, false, "\\u{4E2D}"},
		{"\xe4\xb8\xad", 5, false, "\\u{4~"},
		{"e\xcc\x81"
		 "abc",
		 3, true,
		 "e\xcc\x81"
		 "a\xe2\x80\xa6"},
		{"\xf0\x9f\x98\x80", 12, false, "\\u{1F600}"},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct grid g = {.rows = 1, .columns = 40, .utf8 = rows[i].utf8};
		struct pen pen = {
			.put = put, .user = &g, .rows = 1, .columns = 40, .utf8 = rows[i].utf8};

		pen_put(&pen, 0, 0, rows[i].most, PAINT_PLAIN, rows[i].text);
		assert_string_equal(g.text[0], rows[i].cut);
		*g.text[0] = '\0';
		g.end[0] = 0;
		pen_cell(&pen, 0, 0, rows[i].most, i % 2, PAINT_PLAIN, rows[i].text);
		assert_int_equal(g.end[0], rows[i].most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),  cmocka_unit_test(test_quits),
		cmocka_unit_test(test_sizes), cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_newer), cmocka_unit_test(test_nothing_yet),
		cmocka_unit_test(test_run),   cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

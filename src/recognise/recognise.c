// SPDX-License-Identifier: BSD-2-Clause
/*
 * The dispatcher: asks every recogniser about both sides and combines what they say. The order of
 * the list in meson.build settles ties, the specific before the generic.
 */
#include "recognise/recognise.h"

#include <string.h>

#include "base/cpu.h"

#define X(id) extern const struct recogniser recogniser_##id;
#include "recognise/recognisers.h"
#undef X

static const struct recogniser *const all[] = {
#define X(id) &recogniser_##id,
#include "recognise/recognisers.h"
#undef X
};

enum {
	APPS_EACH = 8,       /* numbers set aside for the names of one recogniser */
	ENOUGH = 8,          /* payload bytes from which a "no" is worth something */
	RESUME_ENOUGH = 512, /* a boundary in mid-stream may come later */
};

size_t recogniser_count(void)
{
	return N_ELEMENTS(all);
}

const struct recogniser *recogniser_at(size_t i)
{
	return i < N_ELEMENTS(all) ? all[i] : NULL;
}

static bool is_in(const struct recogniser_byte *b, uint8_t value)
{
	for (size_t i = 0; i < b->n; i++)
		if (value >= (uint8_t)b->pairs[2 * i] && value <= (uint8_t)b->pairs[2 * i + 1])
			return true;
	return !b->n;
}

/* A datagram does not grow: what it lacks it will never have. */
static bool is_all(const struct payload *in)
{
	return in->proto == PROTO_UDP && !in->cut;
}

static bool may_begin(const struct recogniser_begin *b, const struct payload *in)
{
	if (b->proto && b->proto != in->proto)
		return false;
	if (in->n < b->least)
		return !is_all(in);
	for (size_t i = 0; i < RECOGNISER_BYTES && i < in->n; i++)
		if (!is_in(&b->byte[i], in->p[i]))
			return false;
	return true;
}

bool recogniser_begins(const struct recogniser *r, const struct payload *in)
{
	for (size_t i = 0; i < r->n_begin; i++)
		if (may_begin(&r->begin[i], in))
			return true;
	return !r->n_begin;
}

static const struct app_row *app_row(uint16_t app)
{
	size_t i = (size_t)(app - 1) / APPS_EACH, variant = (size_t)(app - 1) % APPS_EACH;

	if (app == APP_NONE || i >= N_ELEMENTS(all) || variant >= N_ELEMENTS(all[i]->apps))
		return NULL;
	return all[i]->apps[variant].name ? &all[i]->apps[variant] : NULL;
}

const char *app_name(uint16_t app)
{
	const struct app_row *row = app_row(app);

	return row ? row->name : "";
}

const char *app_title(uint16_t app)
{
	const struct app_row *row = app_row(app);

	return row ? row->title : "";
}

uint16_t app_by_name(const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(all); i++)
		for (size_t v = 0; v < N_ELEMENTS(all[i]->apps) && all[i]->apps[v].name; v++)
			if (!strcmp(all[i]->apps[v].name, name))
				return (uint16_t)(1 + i * APPS_EACH + v);
	return APP_NONE;
}

bool app_is(uint16_t app, uint16_t wanted)
{
	if (app == APP_NONE || wanted == APP_NONE)
		return false;
	return app == wanted ||
	       ((wanted - 1) % APPS_EACH == 0 && (app - 1) / APPS_EACH == (wanted - 1) / APPS_EACH);
}

bool app_remote_control(uint16_t app)
{
	return app_row(app) && all[(app - 1) / APPS_EACH]->remote_control;
}

const char *app_sign_name(unsigned i)
{
	static const char *const names[SIGN_N] = {
		"crm-page",      "crm-service", "crm-discovery", "crm-deployment", "reports",
		"adfs",          "federation",  "exchange",      "wsman",          "browser",
		"outlook",       "sandbox",     "ntp-signed",    "ntlm",           "kerberos",
		"login-refused", "unavailable", "sandbox-calls", "crm-asked",
	};

	return i < SIGN_N ? names[i] : "";
}

/* What one recogniser says about one flow. */
struct claim {
	enum verdict v[2];
	bool against;      /* a side says no, and that counts */
	struct facts f[2]; /* of those sides alone for which v is not VERDICT_NO */
	uint32_t notes;    /* of both sides, whatever their verdict */
	enum app_conf conf;
	int sure;        /* sides that are */
	int client;      /* side, -1 unknown */
	bool open;       /* more bytes could turn nothing into something */
	bool both_whole; /* both sides have their start */
};

/* By parts: for the whole, compilers take an instruction that starts slowly. */
static void facts_begin(struct facts *f)
{
	f->speaker = SPEAKER_EITHER;
	f->variant = 0;
	f->notes = f->signs = f->asked = 0;
	f->answer = 0;
	memset(f->name, 0, sizeof f->name);
	f->n_iface = 0;
	f->more = false;
}

static void recognition_begin(struct recognition *r)
{
	r->app = APP_NONE;
	r->client_side = -1;
	r->more = false;
	r->conf = APP_UNSURE;
	r->notes = r->signs = r->asked = r->read = 0;
	r->n_iface = 0;
	memset(r->name, 0, sizeof r->name);
}

/* Of a side that has bytes. */
static void ask_side(const struct recogniser *r, const struct payload *in, struct claim *c, int i)
{
	facts_begin(&c->f[i]);
	c->v[i] = in->whole_start ? r->probe(in, &c->f[i]) : r->resume(in, &c->f[i]);
	if (!in->whole_start)
		c->f[i].asked = 0; /* who knows which message it is, and which answer is its own */
	else if (c->v[i] == VERDICT_MORE && is_all(in))
		c->v[i] = VERDICT_NO;
}

static int client_of(const struct claim *c)
{
	int client = -1;

	for (int i = 0; i < 2; i++) {
		int says = -1;

		if (c->v[i] < VERDICT_LIKELY || c->f[i].speaker == SPEAKER_EITHER)
			continue;
		says = c->f[i].speaker == SPEAKER_CLIENT ? i : !i;
		if (client >= 0 && client != says)
			return -1;
		client = says;
	}
	return client;
}

/* Could more bytes of the side matter, whatever it says now? */
static bool side_open(const struct payload *in)
{
	return in->n < (in->whole_start ? ENOUGH : RESUME_ENOUGH);
}

static bool is_set(uint8_t sides, int i)
{
	return sides >> i & 1;
}

static void set(uint8_t *sides, int i)
{
	*sides |= (uint8_t)(1U << i);
}

static void clear(uint8_t *sides, int i)
{
	*sides &= (uint8_t)(0xff ^ 1U << i);
}

/* For who is asked about one flow. */
struct asking {
	struct recognise_memo *memo;
	struct recognise_said *said; /* the memo's place in a cache; NULL */
};

static struct recognise_said *said_at(struct recognise_cache *cache, const struct recognise_memo *m)
{
	return cache ? &cache->said[(uintptr_t)m / sizeof(uint64_t[8]) % RECOGNISE_CACHE] : NULL;
}

static void copy_facts(struct facts *to, const struct facts *from)
{
	memcpy(to, from, offsetof(struct facts, iface));
	memcpy(to->iface, from->iface, from->n_iface * sizeof from->iface[0]);
	to->more = from->more;
}

/* Of a side that is as it was. */
static bool recall(const struct asking *a, size_t who, struct claim *c, int i)
{
	const struct recognise_said *s = a->said;

	if (!s || !is_set(a->memo->said, i) || s->of != a->memo || s->who[i] != who)
		return false;
	c->v[i] = (enum verdict)s->verdict[i];
	copy_facts(&c->f[i], &s->facts[i]);
	return true;
}

/* The first one who says more than no is nearly always the only one. */
static void note_down(const struct asking *a, size_t who, const struct claim *c, int i)
{
	struct recognise_said *s = a->said;
	bool own = s && s->of == a->memo;

	if (!s || (own && is_set(a->memo->said, i)))
		return;
	if (!own)
		a->memo->said = 0;
	set(&a->memo->said, i);
	s->of = a->memo;
	s->who[i] = (uint8_t)who;
	s->verdict[i] = (uint8_t)c->v[i];
	copy_facts(&s->facts[i], &c->f[i]);
}

/* Asks about the sides to whose first bytes the recogniser has something to say, and has not said
 * no. False when there is nothing to judge: no side says more than no. */
static bool ask(const struct asking *a, size_t who, const struct payload side[2],
		const bool asked[2], struct claim *c)
{
	bool any = false;

	c->notes = 0;
	for (int i = 0; i < 2; i++) {
		if (!asked[i])
			continue;
		if (!recall(a, who, c, i)) {
			ask_side(all[who], &side[i], c, i);
			if (c->v[i] != VERDICT_NO)
				note_down(a, who, c, i);
		}
		c->notes |= c->f[i].notes;
		any |= c->v[i] != VERDICT_NO;
	}
	if (likely(!any))
		return false;
	c->against = false;
	for (int i = 0; i < 2; i++) {
		if (!asked[i])
			c->v[i] = side[i].n ? VERDICT_NO : VERDICT_MORE;
		c->against |= c->v[i] == VERDICT_NO && side[i].whole_start && side[i].n >= ENOUGH;
	}
	return true;
}

static void judge(const struct recogniser *r, const struct payload side[2], struct claim *c)
{
	size_t bytes = 0;
	int likely = 0;

	c->open = false;
	c->sure = 0;
	for (int i = 0; i < 2; i++) {
		if (c->v[i] >= VERDICT_LIKELY && side[i].n > bytes)
			bytes = side[i].n;
		c->sure += c->v[i] == VERDICT_SURE;
		likely += c->v[i] == VERDICT_LIKELY;
		c->open |= c->v[i] != VERDICT_NO || side_open(&side[i]);
	}
	c->conf = APP_UNSURE;
	if (!bytes || bytes < r->min)
		return;
	c->client = client_of(c);
	c->both_whole = side[0].whole_start && side[1].whole_start;

	/* Two clients talking over one connection: an echo service, not a protocol. Over UDP peers
	 * may well ask each other (DNS servers, NetBIOS names). */
	bool both = c->v[0] >= VERDICT_LIKELY && c->v[1] >= VERDICT_LIKELY &&
		    c->f[0].speaker != SPEAKER_EITHER && c->f[0].speaker == c->f[1].speaker &&
		    side[0].proto == PROTO_TCP;

	if (c->sure || likely == 2)
		c->conf = c->against || both ? APP_LIKELY : APP_SURE;
	else if (likely && !c->against)
		c->conf = APP_LIKELY;
}

/* When each side speaks something else, what answers is what listens there: a server's message
 * says more than one of either, and that more than a client's. */
static int answers(const struct claim *c)
{
	static const int rank[] = {
		[SPEAKER_EITHER] = 1, [SPEAKER_CLIENT] = 0, [SPEAKER_SERVER] = 2};
	int best = -1;

	for (int i = 0; i < 2; i++)
		if (c->v[i] == VERDICT_SURE && rank[c->f[i].speaker] > best)
			best = rank[c->f[i].speaker];
	return best;
}

/* Is a better founded than b? Equal ones keep the order of the list. */
static bool better(const struct claim *a, const struct claim *b)
{
	if (a->conf != b->conf)
		return a->conf > b->conf;
	if (a->sure != b->sure)
		return a->sure > b->sure;

	return answers(a) > answers(b);
}

static void add_ifaces(struct recognition *ret, const struct facts *f)
{
	for (uint8_t i = 0; i < f->n_iface && i < FACT_IFACES; i++) {
		bool known = false;

		for (uint8_t k = 0; k < ret->n_iface; k++)
			known |= !memcmp(&ret->iface[k], &f->iface[i], sizeof f->iface[i]);
		if (!known && ret->n_iface < FACT_IFACES)
			ret->iface[ret->n_iface++] = f->iface[i];
	}
}

static void tell(size_t index, const struct claim *c, struct recognition *ret)
{
	/* The client's message says most (SNI, Host, interface), so it is heard first. */
	int first = c->client == 1 ? 1 : 0;
	uint8_t variant = 0;

	for (int k = 0; k < 2; k++) {
		int i = k ? !first : first;

		if (c->v[i] < VERDICT_LIKELY)
			continue;
		if (!variant)
			variant = c->f[i].variant;
		if (!ret->name[0])
			memcpy(ret->name, c->f[i].name, sizeof ret->name);
		ret->notes |= c->f[i].notes;
		ret->signs |= c->f[i].signs;
		ret->asked |= c->f[i].asked;
		ret->more |= c->f[i].more;
		add_ifaces(ret, &c->f[i]);
	}
	if (all[index]->together && c->client >= 0 && c->both_whole && c->v[0] >= VERDICT_LIKELY &&
	    c->v[1] >= VERDICT_LIKELY && c->f[0].speaker != c->f[1].speaker)
		ret->signs |= all[index]->together(&c->f[first], &c->f[!first]);
	ret->app = (uint16_t)(1 + index * APPS_EACH + variant);
	ret->conf = c->conf;
	ret->client_side = (int8_t)c->client;
}

/* Could later bytes still change this answer? */
static bool settled(const struct payload side[2], const struct claim *c)
{
	for (int i = 0; i < 2; i++) {
		if (c->v[i] >= VERDICT_LIKELY && c->f[i].more && !side[i].cut)
			return false;
		if (c->v[i] == VERDICT_MORE && side[i].n && !side[i].cut)
			return false;
	}
	if (c->conf != APP_SURE)
		return false;
	return (side[0].n && side[1].n) || (c->notes & APP_NOTE_UNANSWERED_KIND);
}

_Static_assert(N_ELEMENTS(all) <= RECOGNISERS_MAX, "a bit for each");
_Static_assert((int)RECOGNISER_BYTES >= (int)ENOUGH, "what is lasting is worth something");

static bool may_be(const struct recogniser *r, bool udp)
{
	return !r->proto || r->proto == (udp ? PROTO_UDP : PROTO_TCP);
}

static uint64_t who_resumes(bool udp)
{
	uint64_t who = 0;

	for (size_t i = 0; i < N_ELEMENTS(all); i++)
		if (may_be(all[i], udp) && all[i]->resume)
			who |= UINT64_C(1) << i;
	return who;
}

static const uint64_t EACH = UINT64_MAX >> (RECOGNISERS_MAX - N_ELEMENTS(all));

static void add_byte(uint64_t may[256], const struct recogniser_byte *b, uint64_t bit)
{
	for (unsigned value = 0; !b->n && value < 256; value++)
		may[value] |= bit;
	for (size_t i = 0; i < b->n; i++)
		for (unsigned v = (uint8_t)b->pairs[2 * i]; v <= (uint8_t)b->pairs[2 * i + 1]; v++)
			may[v] |= bit;
}

static void add_begin(struct recognise_table *t, bool udp, const struct recogniser_begin *b,
		      uint64_t bit)
{
	for (size_t i = 0; i < RECOGNISER_BYTES; i++)
		add_byte(t->may[udp][i], &b->byte[i], bit);
	for (unsigned n = 0; n < b->least; n++)
		t->waits[udp][n] |= bit;
}

/* Its first beginning has its own bit, each further one the next that is free; without any left it
 * is asked about everything. */
static void add_recogniser(struct recognise_table *t, bool udp, size_t i, unsigned *further)
{
	static const struct recogniser_begin anything = {.least = 0};
	const struct recogniser *r = all[i];
	unsigned bit = (unsigned)i;
	bool own = false;

	for (size_t k = 0; k < r->n_begin; k++) {
		const struct recogniser_begin *b = &r->begin[k];

		if (b->proto && b->proto != (udp ? PROTO_UDP : PROTO_TCP))
			continue;
		if (own && *further == RECOGNISERS_MAX) {
			b = &anything;
			bit = (unsigned)i;
		} else if (own) {
			bit = (*further)++;
		}
		add_begin(t, udp, b, UINT64_C(1) << bit);
		t->of[udp][bit] = (uint8_t)i;
		own = true;
	}
	if (!r->n_begin)
		add_begin(t, udp, &anything, UINT64_C(1) << bit);
}

void recognise_table_init(struct recognise_table *ret)
{
	memset(ret, 0, sizeof *ret);
	for (int udp = 0; udp < 2; udp++) {
		unsigned further = N_ELEMENTS(all);

		for (size_t i = 0; i < N_ELEMENTS(all); i++)
			if (may_be(all[i], udp))
				add_recogniser(ret, udp, i, &further);
		ret->resumes[udp] = who_resumes(udp);
	}
}

/* Whoever has one of these bits. */
static uint64_t owners(const struct recognise_table *t, bool udp, uint64_t bits)
{
	uint64_t who = bits & EACH;

	for (uint64_t left = bits & ~EACH; left; left &= left - 1)
		who |= UINT64_C(1) << t->of[udp][__builtin_ctzll(left)];
	return who;
}

static uint64_t who_begins(const struct recognise_table *t, const struct payload *in)
{
	bool udp = in->proto == PROTO_UDP;
	size_t n = in->n < RECOGNISER_BYTES ? in->n : RECOGNISER_BYTES;
	uint64_t who = UINT64_MAX;

	for (size_t i = 0; i < n; i++)
		who &= t->may[udp][i][in->p[i]];
	if (in->n <= RECOGNISER_LEAST) {
		uint64_t waits = t->waits[udp][in->n];

		who = is_all(in) ? who & ~waits : who | waits;
	}
	return owners(t, udp, who);
}

/* Most are out of the question by the first bytes of a side. Without a table all are asked. */
static uint64_t who_speaks(const struct recognise_table *t, const struct payload *in)
{
	bool udp = in->proto == PROTO_UDP;
	uint64_t who = 0;

	if (!in->n)
		return 0;
	if (!in->whole_start)
		return t ? t->resumes[udp] : who_resumes(udp);
	if (t)
		return who_begins(t, in);
	for (size_t i = 0; i < N_ELEMENTS(all); i++)
		if (may_be(all[i], udp))
			who |= UINT64_C(1) << i;
	return who;
}

static bool is_known(const struct recognise_memo *m, const struct payload *in, int i)
{
	if (!in->same)
		return false;
	if (is_set(m->over, i) && !in->n)
		return true;
	if (is_set(m->lasting, i) && in->n >= m->n[i])
		return true;
	return in->n == m->n[i] && in->whole_start == m->whole_start[i] && in->cut == m->cut[i];
}

bool recognise_known(const struct recognise_memo *m, const struct payload side[2])
{
	return is_known(m, &side[0], 0) && is_known(m, &side[1], 1);
}

static bool says_nothing(const struct recognise_memo *m, int i)
{
	return !m->no[i] && !m->n[i] && !m->whole_start[i] && !m->cut[i];
}

unsigned recognise_is_all_no(const struct recognise_memo *m, uint8_t proto)
{
	uint8_t ends = proto == PROTO_TCP ? m->lasting : m->over;

	if (!m->over || ends != m->over || m->said)
		return 0;
	/* How many bytes it were is of no interest, once they are enough for a no that counts. */
	for (int i = 0; i < 2; i++)
		if (is_set(m->over, i) ? m->n[i] < ENOUGH || !m->whole_start[i]
				       : !says_nothing(m, i))
			return 0;
	return m->over;
}

void recognise_all_no(struct recognise_memo *ret, unsigned sides, uint8_t proto)
{
	*ret = (struct recognise_memo){.over = (uint8_t)sides};
	if (proto == PROTO_TCP)
		ret->lasting = ret->over;
	for (int i = 0; i < 2; i++)
		if (is_set(ret->over, i)) {
			ret->n[i] = ENOUGH;
			ret->whole_start[i] = true;
		}
}

/* What was said of bytes that are no longer those is forgotten. Those that all said no to may not
 * be shown again. */
static void renew(struct recognise_memo *m, struct payload side[2])
{
	for (int i = 0; i < 2; i++) {
		struct payload *in = &side[i];

		if (is_known(m, in, i)) {
			in->n = m->n[i];
			in->whole_start = m->whole_start[i];
			in->cut = m->cut[i];
			continue;
		}
		m->no[i] = 0;
		m->n[i] = (uint32_t)in->n;
		m->whole_start[i] = in->whole_start;
		m->cut[i] = in->cut;
		clear(&m->over, i);
		clear(&m->lasting, i);
		clear(&m->said, i);
	}
}

/* Who has not said no to a side yet. A stream grows, and if nobody is left by its first bytes
 * alone, that is the end of it. */
static uint64_t who_is_left(const struct recognise_table *t, struct recognise_memo *m,
			    const struct payload *in, int i)
{
	uint64_t who = is_set(m->over, i) ? 0 : who_speaks(t, in);

	if (!who && in->whole_start && in->n >= RECOGNISER_BYTES && in->proto == PROTO_TCP) {
		set(&m->over, i);
		set(&m->lasting, i);
	}
	return who & ~m->no[i];
}

/* A datagram does not grow: whoever said no has said it for good. */
static void note_end(struct recognise_memo *m, const struct payload side[2], const uint64_t who[2])
{
	for (int i = 0; i < 2; i++)
		if (side[i].proto == PROTO_UDP && side[i].n && !(who[i] & ~m->no[i]))
			set(&m->over, i);
}

static void keep_no(struct recognise_memo *m, uint64_t bit, const bool asked[2],
		    const struct claim *c)
{
	for (int i = 0; i < 2; i++)
		if (asked[i] && c->v[i] == VERDICT_NO && !c->f[i].notes)
			m->no[i] |= bit;
}

/* The best founded of all claims, in one of two; *ret_open when more bytes could make another. */
static struct claim *best_of(const struct payload in[2], const uint64_t who[2],
			     const struct asking *a, struct claim claims[2], size_t *ret_index,
			     bool *ret_open)
{
	struct claim *best = &claims[0], *c = &claims[1];

	best->conf = APP_UNSURE;
	/* Two sides that say no, or nothing, change nothing. */
	for (uint64_t left = who[0] | who[1]; left; left &= left - 1) {
		size_t i = (size_t)__builtin_ctzll(left);
		bool asked[2] = {who[0] >> i & 1, who[1] >> i & 1};

		bool any = ask(a, i, in, asked, c);

		keep_no(a->memo, UINT64_C(1) << i, asked, c);
		if (!any)
			continue;
		judge(all[i], in, c);
		*ret_open |= c->open;
		if (c->conf != APP_UNSURE && better(c, best)) {
			struct claim *spare = best;

			best = c;
			c = spare;
			*ret_index = i;
		}
	}
	return best;
}

bool recognise_again(const struct recognise_table *t, struct recognise_cache *cache,
		     struct recognise_memo *memo, const struct payload side[2], uint8_t proto,
		     bool final, struct recognition *ret)
{
	struct payload in[2] = {side[0], side[1]};
	const struct asking a = {memo, said_at(cache, memo)};
	struct claim claims[2];
	size_t index = 0;
	bool open;

	in[0].proto = in[1].proto = proto;
	recognition_begin(ret);
	renew(memo, in);
	if (!in[0].n && !in[1].n)
		return final;
	open = side_open(&in[0]) || side_open(&in[1]);

	const uint64_t who[2] = {who_is_left(t, memo, &in[0], 0), who_is_left(t, memo, &in[1], 1)};
	const struct claim *best = best_of(in, who, &a, claims, &index, &open);

	note_end(memo, in, who);
	if (best->conf == APP_UNSURE)
		return final || !open;
	tell(index, best, ret);
	return final || settled(in, best);
}

bool recognise(const struct payload side[2], uint8_t proto, bool final, struct recognition *ret)
{
	struct recognise_memo nothing = {0};

	return recognise_again(NULL, NULL, &nothing, side, proto, final, ret);
}

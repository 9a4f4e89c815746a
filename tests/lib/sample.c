// SPDX-License-Identifier: BSD-2-Clause
#include "sample.h"

#include "base/time.h"
#include "build.h"

static const int64_t t0 = INT64_C(1714532400123456789); /* 2024-05-01T03:00:00.123456Z */

static const char *const caveats[] = {
	"packet 77 of b.pcap is cut off: the last packet was not judged",
};
static const char *const facts[] = {"answers LDAP on 389/tcp", SAMPLE_HOSTILE};
static const char *const role_options[] = {"sql=10.20.2.20", NULL};

static void rules(struct sample *s)
{
	static const char *const ids[] = {"S1-WEB-01", "S1-CMP-02", "S1-ALL-01", "S1-IWA-10"};
	static const char *const titles[] = {
		"Users open the CRM web site", "CRM servers open SQL sessions",
		"Every server resolves names", "RPC after the endpoint mapper"};

	for (unsigned i = 0; i < 4; i++) {
		s->rule[i] = (struct rule){
			.id = ids[i],
			.pack = "crm-2011",
			.title = titles[i],
			.product = "CRM 2011",
			.paper = "Connectivity and Firewall Port Requirements",
			.section = "Default CRM Connectivity Requirements",
			.group = i == 1 ? "sql" : "",
			.index = i,
		};
		s->row[i] = (struct rule_row){.rule = &s->rule[i], .result = (enum rule_result)i};
		s->r.n_rule_results[i] = 1;
	}
	s->row[RULE_MET].conversations = 12;
	s->row[RULE_VIOLATED].reason = "crmweb02 was refused";
	s->row[RULE_NOT_JUDGED].reason = "no sensor sees these hosts";
}

static struct endpoint end(const char *address, const char *host, enum role role)
{
	return (struct endpoint){
		.has_address = true,
		.address = A(address),
		.host = host,
		.roles = ROLE_BIT(role),
		.known_by = host ? "site.yaml:14" : "guess: only uses crm-web",
	};
}

static void findings(struct sample *s)
{
	struct endpoint web = end("10.20.1.12", SAMPLE_HOSTILE, ROLE_CRM_WEB);
	struct endpoint sql = end("2001:db8::2:20", "sqlcl01", ROLE_SQL);

	s->finding[0] = (struct finding){
		.id = "F-7c1e00000001",
		.kind = KIND_UNEXPECTED_PORT,
		.severity = SEV_HIGH,
		.client = web,
		.server = sql,
		.proto = 6,
		.port = 22,
		.protocol = "ssh",
		.has_state = true,
		.state = STATE_ESTABLISHED,
		.has_direction = true,
		.reason = DIR_SYN,
		.confidence = 100,
		.why = "No rule lets crm-web open 22/tcp at sql.",
		.nearest = &s->rule[1],
		.nearest_why_not = "same roles, but port 1433",
		.advice = "Close it, or document it with a rule of your own.",
		.first_ns = t0,
		.last_ns = t0 + 5 * NS_PER_S,
		.flows = 41,
		.tries = 41,
		.ev = {{t0, 0, 88120}, {t0 + 1, 0, 88121}, {t0 + 2, 1, 7}},
		.n_ev = 3,
		.tshark = "ip.addr==10.20.1.12 && tcp.port==22",
	};
	s->finding[1] = (struct finding){
		.id = "F-11d000000002",
		.kind = KIND_MISSING,
		.severity = SEV_MEDIUM,
		.rule = &s->rule[1],
		.group = "sql",
		.client = {.roles = ROLE_BIT(ROLE_CRM_ASYNC)},
		.server = {.roles = ROLE_BIT(ROLE_SQL)},
		.proto = 6,
		.port = 1433,
		.why = "The rule requires it, and nobody tried in 26 h.",
		.advice = "Check the firewall between web and data tier.",
		.first_ns = TIME_NONE,
		.last_ns = TIME_NONE,
	};
	s->finding[2] = (struct finding){
		.id = "F-aaaa00000003",
		.kind = KIND_CONTRADICTION,
		.severity = SEV_HIGH,
		.client = web,
		.why = "The site file calls it crm-web; it answers as a domain controller.",
		.advice = "Correct the site file.",
		.first_ns = t0,
		.last_ns = t0,
		.waiver = "W-2024-017",
	};
	s->finding[3] = (struct finding){
		.id = "F-bbbb00000004",
		.kind = KIND_VISIBILITY,
		.severity = SEV_INFO,
		.why = "Half of the conversations show one direction.",
		.first_ns = TIME_NONE,
		.last_ns = TIME_NONE,
	};
	s->r.n_severity[SEV_HIGH] = 1;
	s->r.n_severity[SEV_MEDIUM] = 1;
	s->r.n_severity[SEV_INFO] = 1;
	s->r.n_waived = 1;
}

static void conversations(struct sample *s)
{
	struct endpoint web = end("10.20.1.12", "crmweb02", ROLE_CRM_WEB);
	struct endpoint dc = end("10.20.3.2", NULL, ROLE_DC);
	struct endpoint users = {.network = "10.30.0.0/16", .roles = ROLE_BIT(ROLE_CRM_CLIENT)};

	s->conv[0] = (struct conv){
		.client = A("10.30.0.9"),
		.server = A("10.20.1.12"),
		.port = 443,
		.proto = 6,
		.flows = 300,
		.packets = {4000, 5000},
		.bytes = {400000, UINT64_C(5000000000)},
		.first_ns = t0,
		.last_ns = t0 + 90 * NS_PER_S,
	};
	s->conv[1] = s->conv[0];
	s->conv[1].state = STATE_NO_ANSWER;
	s->more.pipe = s->pipe;
	s->conv[1].more = &s->more;
	s->conv[1].reason = DIR_FIRST;
	s->judged[0] = (struct judged){
		.conv = &s->conv[0],
		.client = users,
		.server = web,
		.verdict = KIND_DOCUMENTED,
		.rule = &s->rule[0],
		.folded = 299,
	};
	s->judged[1] = (struct judged){
		.conv = &s->conv[1], .client = web, .server = dc, .verdict = KIND_UNEXPECTED_PORT};
	s->rpc[0] = (struct rpc_row){
		.client = web,
		.server = dc,
		.proto = 6,
		.port = 49712,
		.has_state = true,
		.state = STATE_ESTABLISHED,
		.iface = {{.uuid = {0x12, 0x34, 0x57, 0x78, 0x12, 0x34, 0xab, 0xcd, 0xef, 0, 0x01,
				    0x23, 0x45, 0x67, 0x89, 0xab}},
			  {.uuid = {1, 2, 3}}},
		.n_iface = 2,
		.how = "bind",
		.granted_by = {t0, 0, 12},
		.used_by = {t0, 0, 11},
		.has_verdict = true,
		.verdict = KIND_DOCUMENTED_DYNAMIC,
	};
	s->rpc[1] = (struct rpc_row){
		.client = web,
		.server = dc,
		.proto = 6,
		.port = 50001,
		.how = "epm",
		.granted_by = {t0, 0, 9},
		.tie = "same-client",
		.why = "nor 3 more ports",
		.more = 3,
	};
	s->rpc[2] = (struct rpc_row){
		.client = dc,
		.server = web,
		.proto = 6,
		.port = 50002,
		.has_state = true,
		.state = STATE_ESTABLISHED,
		.used_by = {t0, 1, 13},
		.why = "no grant, of " SAMPLE_HOSTILE,
		.reason = "nothing-seen",
		.has_verdict = true,
		.verdict = KIND_RPC_UNEXPLAINED,
	};
	s->rpc[3] = (struct rpc_row){
		.client = web,
		.server = dc,
		.proto = 17,
		.port = 50003,
		.has_state = true,
		.state = STATE_REFUSED,
		.how = "oxid",
		.granted_by = {t0, 1, 8},
		.used_by = {t0, 0, 14},
		.tie = "other-client",
		.has_verdict = true,
		.verdict = KIND_DOCUMENTED_DYNAMIC,
	};
	s->scope[0] = (struct scope_row){.client_roles = ROLE_BIT(ROLE_CRM_CLIENT),
					 .proto = 17,
					 .port = 53,
					 .conversations = 9};
	/* Of a row that the map has, and of roles that only hosts have. */
	s->unjudged[0] =
		(struct unjudged_row){.client_roles = ROLE_BIT(ROLE_CRM_WEB),
				      .server_roles = ROLE_BIT(ROLE_DC) | ROLE_BIT(ROLE_GC),
				      .reason = "window shorter than judge-after",
				      .demands = 4};
	s->unjudged[1] = (struct unjudged_row){.client_roles = ROLE_BIT(ROLE_CRM_ROUTER),
					       .server_roles = ROLE_BIT(ROLE_EXCHANGE),
					       .reason = "no sensor sees " SAMPLE_HOSTILE,
					       .demands = 1};
	s->r.n_verdict[KIND_DOCUMENTED] = 300;
	s->r.n_verdict[KIND_UNEXPECTED_PORT] = 1;
	s->r.n_verdict[KIND_OUT_OF_SCOPE] = 9;
	s->r.n_conversations = 310;
	s->r.n_folded = 299;
	s->r.n_out_of_scope = 9;
}

static void hosts(struct sample *s)
{
	s->role[0] = (struct role_row){.address = A("10.20.1.12"),
				       .name = SAMPLE_HOSTILE,
				       .roles = ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_ORGWS),
				       .known_by = "site.yaml:14"};
	s->role[1] = (struct role_row){.address = A("10.20.3.2"),
				       .roles = ROLE_BIT(ROLE_DC),
				       .known_by = "traffic",
				       .grade = 'B',
				       .facts = facts,
				       .n_facts = 2};
	s->role[2] = (struct role_row){.address = A("10.30.0.9")};
}

void sample_make(struct sample *s)
{
	*s = (struct sample){
		.input = {{.path = "a.pcapng",
			   .sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc"
				     "def",
			   .format = "pcapng",
			   .bytes = 1234567,
			   .packets = 90000,
			   .first_ns = t0,
			   .last_ns = t0 + 100 * NS_PER_S},
			  {.path = "it's b.pcap",
			   .first_ns = TIME_NONE,
			   .last_ns = TIME_NONE,
			   .failed = true,
			   .caveat = "no such file"}},
		.site = {.path = "site.yaml",
			 .name = SAMPLE_HOSTILE,
			 .timezone = "Europe/Berlin",
			 .judge_after_ns = 86400 * NS_PER_S},
	};
	s->r = (struct result){
		.verdict = RESULT_FINDINGS,
		.from_ns = t0,
		.to_ns = t0 + 100 * NS_PER_S,
		.observed_ns = 100 * NS_PER_S,
		.site = &s->site,
		.role_options = role_options,
		.inputs = s->input,
		.n_inputs = 2,
		.coverage = {.packets = 90000,
			     .decoded = 89900,
			     .skipped = {[SKIP_NOT_IP] = 98, [SKIP_IP_SHORT] = 2},
			     .notes = {[NOTE_BAD_CHECKSUM] = 5},
			     .interface_drops = 1204,
			     .tcp_unseen_bytes = 2,
			     .tcp_bytes = 9998,
			     .one_way_flows = 1,
			     .tcp_flows = 250,
			     .caveats = caveats,
			     .n_caveats = 1},
		.rules = s->row,
		.n_rules = 4,
		.findings = s->finding,
		.n_findings = 4,
		.rpc = s->rpc,
		.n_rpc = 4,
		.roles = s->role,
		.n_roles = 3,
		.convs = s->judged,
		.n_convs = 2,
		.scope = s->scope,
		.n_scope = 1,
		.unjudged = s->unjudged,
		.n_unjudged = 2,
	};
	rules(s);
	findings(s);
	conversations(s);
	hosts(s);
}

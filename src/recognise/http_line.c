// SPDX-License-Identifier: BSD-2-Clause
#include "recognise/http_line.h"

const char *const http_methods[] = {
	/* RFC 9110 9.3, RFC 5789 */
	"GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT ", "TRACE ", "PATCH ",
	/* WebDAV: RFC 4918 9, RFC 5323 2, RFC 3253 3.6; MERGE also by OData 2.0 clients */
	"PROPFIND ", "PROPPATCH ", "MKCOL ", "COPY ", "MOVE ", "LOCK ", "UNLOCK ", "SEARCH ",
	"REPORT ", "MERGE ",
	/* Exchange's WebDAV, notifications of MS-XWDNOTIF and methods in batches */
	"POLL ", "SUBSCRIBE ", "UNSUBSCRIBE ", "NOTIFY ", "X-MS-ENUMATTS ", "BCOPY ", "BDELETE ",
	"BMOVE ", "BPROPFIND ", "BPROPPATCH ",
	/* RPC over HTTP: MS-RPCH 2.1; Remote Desktop gateway: MS-TSGU 2.1 */
	"RPC_IN_DATA ", "RPC_OUT_DATA ", "RPC_CONNECT ", "RDG_IN_DATA ", "RDG_OUT_DATA ",
	/* Background transfer uploads: MC-BUP */
	"BITS_POST ", NULL};

bool http_line_target(struct rd line, struct rd *ret_target)
{
	uint32_t minor;

	if (rd_left(&line) < sizeof "x HTTP/1.1" - 1)
		return false;
	*ret_target = rd_sub(&line, rd_left(&line) - (sizeof " HTTP/1.1" - 1));
	return rd_is(&line, " HTTP/1.", 8) && scan_digits(&line, 1, &minor) == VERDICT_SURE;
}

enum verdict http_status(struct rd *r, uint32_t *ret_status)
{
	uint32_t minor;
	enum verdict v = scan_text(r, "HTTP/1.", false);

	if (v == VERDICT_SURE)
		v = scan_digits(r, 1, &minor);
	if (v == VERDICT_SURE)
		v = scan_text(r, " ", false);
	return v == VERDICT_SURE ? scan_digits(r, 3, ret_status) : v;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * html_verify - is an HTML report still what was made of the result inside it?
 *
 * The document is taken out of the page, held against its digest, and made into a page once more;
 * the two have to be the same bytes, but for the letters of the compressed document, which another
 * version of zlib may choose otherwise. That the result is true of a capture no page can show.
 *
 * The page is untrusted: sizes are bounded, and its text is raw in the answer.
 */
#ifndef SPAN_REPORT_HTML_VERIFY_H
#define SPAN_REPORT_HTML_VERIFY_H

#include "base/out.h"
#include "report/result_load.h"

enum html_state {
	HTML_INTACT,
	HTML_NO_REPORT,   /* not a page of spanaudit */
	HTML_CUT_OFF,     /* it ends before it should */
	HTML_DATA,        /* the embedded document was changed or damaged */
	HTML_PAGE,        /* the page says something else than its result */
	HTML_OTHER_MAKER, /* made by another version: the document is whole, the page not comparable
			   */
	HTML_UNREADABLE,  /* the document is whole, and this version cannot read it */
};

struct html_verified {
	enum html_state state;
	const char *why; /* a clause about HTML_DATA; NULL */
	char sha256[65]; /* of the document, as it is; "" without one */
	struct out json; /* the document */
	size_t line;     /* of HTML_PAGE: the first line that differs, from 1 */
	struct out part; /* of HTML_PAGE: the heading it stands under; empty: before the first */
	struct out is, ought; /* of HTML_PAGE: both lines near the difference, raw */
};

/* `version` is that of this spanaudit. 0 or -ENOMEM; free *ret with html_verified_done(). Errors of
 * reading the document are kept in *errs. */
int html_verify(const char *page, size_t n, const char *version, struct errors *errs,
		struct html_verified *ret);
void html_verified_done(struct html_verified *v);

#endif

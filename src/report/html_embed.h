/* SPDX-License-Identifier: BSD-2-Clause */
/* html_embed - the result document inside an HTML report. */
#ifndef SPAN_REPORT_HTML_EMBED_H
#define SPAN_REPORT_HTML_EMBED_H

/* The element's begin, which the digest follows; text of a page cannot hold it. */
#define HTML_EMBED_BEGIN "<script type=\"application/gzip\" id=result data-sha256="

#endif

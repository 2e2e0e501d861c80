/* SPDX-License-Identifier: Apache-2.0
 *
 * A piece of JSON that the library made and the caller owns. */
#ifndef COMMUNITY_DOCUMENT_H
#define COMMUNITY_DOCUMENT_H

#include "community/export.h"
#include "community/types.h"

COMMUNITY_BEGIN

struct community_document;

/* UTF-8 JSON on one line, the document's own. */
COMMUNITY_EXPORT struct community_text
community_document_json(const struct community_document *document);
/* NULL is allowed. */
COMMUNITY_EXPORT void community_document_free(struct community_document *document);

COMMUNITY_END

#endif

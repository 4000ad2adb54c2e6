/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments that mean parts of earlier answers. */
#ifndef PORTERO_JSON_REFER_H
#define PORTERO_JSON_REFER_H

#include "src/json/text.h"

/*
 * text with each string "$2.key" replaced by what the second of the answers (JSON texts) has there,
 * and "$.key" by what the last has; "$.info.entries[0].name" goes deeper, "$$x" is the text "$x".
 * malloc'ed; NULL: problem says why.
 */
char *json_refer(const char *text, char *const *answers, size_t count,
                 char problem[JSON_TEXT_PROBLEM_SIZE]);

#endif

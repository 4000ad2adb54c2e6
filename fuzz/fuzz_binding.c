/* SPDX-License-Identifier: Apache-2.0 */
/* A string binding: what is accepted means the same after it was written again. */
#include "fuzz/fuzz.h"

#include <portero/tower.h>

#include <string.h>

static void check_same(const struct portero_binding *a, const struct portero_binding *b)
{
  FUZZ_CHECK(a->has_object == b->has_object);
  FUZZ_CHECK(portero_uuid_equal(&a->object, &b->object));
  FUZZ_CHECK(a->protseq == b->protseq);
  FUZZ_CHECK(strcmp(a->host, b->host) == 0);
  FUZZ_CHECK(strcmp(a->endpoint, b->endpoint) == 0);
  FUZZ_CHECK(a->n_options == b->n_options);
  for (unsigned i = 0; i < a->n_options; i++)
    FUZZ_CHECK(strcmp(a->options[i], b->options[i]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *text = malloc(size + 1);
  struct portero_binding b, again;
  char written[4096];
  size_t at = 0;

  if (!text)
    return 0;
  if (size)
    memcpy(text, data, size);
  text[size] = '\0';
  if (!portero_is_ok(portero_binding_parse(text, &b, &at))) {
    FUZZ_CHECK(at <= strlen(text));
    free(text);
    return 0;
  }
  free(text);
  FUZZ_CHECK(portero_binding_text(&b, written, sizeof written) < sizeof written);
  FUZZ_CHECK(portero_is_ok(portero_binding_parse(written, &again, NULL)));
  check_same(&b, &again);
  return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Policy files: any text. What is taken makes a policy and reads back the same. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "src/config/policy_file.h"
#include "src/config/policy_reach.h"
#include "src/config/policy_text.h"

static char *written(const struct portero_policy_options *o)
{
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);

  FUZZ_CHECK(out && policy_write(out, o));
  FUZZ_CHECK(fclose(out) == 0);
  return text;
}

static void check_taken(struct policy_file *f)
{
  char message[POLICY_MESSAGE_SIZE], *first = written(&f->options), *second;
  struct portero_policy *p;
  struct policy_reach reach;
  struct policy_file again;

  FUZZ_CHECK(portero_is_ok(portero_policy_new(&portero_mem_malloc, &f->options, &p)));
  portero_policy_free(p);
  FUZZ_CHECK(policy_reach_find(&f->arena, &f->options, &reach));
  policy_file_init(&again, &portero_mem_malloc);
  FUZZ_CHECK(portero_is_ok(policy_file_read_text(
      &again, "again", portero_bytes_make((const uint8_t *)first, strlen(first)), message,
      sizeof message)));
  second = written(&again.options);
  FUZZ_CHECK(strcmp(first, second) == 0);
  policy_file_deinit(&again);
  free(first);
  free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char message[POLICY_MESSAGE_SIZE] = "";
  struct policy_file f;
  bool good;

  policy_file_init(&f, &portero_mem_malloc);
  good = portero_is_ok(
      policy_file_read_text(&f, "f", portero_bytes_make(data, size), message, sizeof message));
  FUZZ_CHECK(good == (message[0] == 0));
  if (good)
    check_taken(&f);
  policy_file_deinit(&f);
  return 0;
}

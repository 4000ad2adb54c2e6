/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/status_limits.h"

#include <inttypes.h>
#include <string.h>

#define VALUE_SIZE    32u
#define REFUSED_WIDTH 10u

static bool ends_with(const char *name, const char *end)
{
  size_t length = strlen(name), n = strlen(end);

  return length >= n && strcmp(name + length - n, end) == 0;
}

static const char *value_text(const char *name, uint64_t value, char text[VALUE_SIZE])
{
  if (value == status_NO_LIMIT)
    (void)snprintf(text, VALUE_SIZE, "none");
  else if (ends_with(name, "-timeout"))
    (void)snprintf(text, VALUE_SIZE, "%" PRIu64 " ms", value);
  else if (ends_with(name, "-memory") && value >= 10u << 20)
    (void)snprintf(text, VALUE_SIZE, "%" PRIu64 " MiB", value >> 20);
  else if (ends_with(name, "-memory"))
    (void)snprintf(text, VALUE_SIZE, "%" PRIu64 " KiB", value >> 10);
  else
    (void)snprintf(text, VALUE_SIZE, "%" PRIu64, value);
  return text;
}

/* Times and what is no PDU are met, not used. */
static bool is_used(const char *name)
{
  return !ends_with(name, "-timeout") && strcmp(name, "garbage") != 0;
}

static void show_limit(const struct status_limit *l)
{
  char now[VALUE_SIZE] = "", most[VALUE_SIZE] = "", allowed[VALUE_SIZE], refused[VALUE_SIZE];
  size_t used, digits;

  if (is_used(l->name)) {
    (void)value_text(l->name, l->now, now);
    (void)value_text(l->name, l->most, most);
  }
  digits = (size_t)snprintf(refused, sizeof refused, "%" PRIu64, l->refused);
  (void)fputs("  ", stdout);
  used = output_text(stdout, l->name);
  (void)printf("%*s %10s %10s %10s %*s", used < 22 ? (int)(22 - used) : 0, "", now, most,
               value_text(l->name, l->most_allowed, allowed),
               digits < REFUSED_WIDTH ? (int)(REFUSED_WIDTH - digits) : 0, "");
  if (l->refused)
    (void)output_styled(stdout, "1", refused);
  else
    (void)fputc('0', stdout);
  (void)fputc('\n', stdout);
}

static void json_limit(struct out_json *j, const struct status_limit *l)
{
  out_begin(j, NULL, '{');
  out_text(j, "name", l->name);
  if (l->most_allowed == status_NO_LIMIT)
    out_text(j, "limit", NULL);
  else
    out_number(j, "limit", l->most_allowed);
  out_number(j, "now", l->now);
  out_number(j, "most", l->most);
  out_number(j, "refused", l->refused);
  out_end(j, '}');
}

portero_status status_limits(struct portero_client *c, struct out_json *j)
{
  struct mapper_status_Limits m = {.max_limits = status_MAX_LIMITS};
  portero_status status = mapper_status_Limits(c, &m);

  if (!portero_is_ok(status))
    return status;
  if (j)
    out_begin(j, "limits", '[');
  else
    (void)printf("%-24s %10s %10s %10s %*s\n", "limits:", "now", "most", "allowed",
                 (int)REFUSED_WIDTH, "refused");
  for (uint32_t i = 0; i < m.num_limits; i++) {
    if (j)
      json_limit(j, &m.limits[i]);
    else
      show_limit(&m.limits[i]);
  }
  if (j)
    out_end(j, ']');
  return status;
}

portero_status status_logins(struct portero_client *c, struct out_json *j)
{
  static const char *const names[status_LOGINS] = {
      [status_SUCCEEDED] = "succeeded",
      [status_FAILED] = "failed",
      [status_NOT_LOOKED_AT] = "refused",
      [status_UNAVAILABLE] = "unavailable",
  };
  struct mapper_status_Logins m;
  portero_status status = mapper_status_Logins(c, &m);

  if (!portero_is_ok(status))
    return status;
  if (j)
    out_begin(j, "logins", '{');
  else
    (void)printf("logins:");
  for (unsigned i = 0; i < status_LOGINS; i++) {
    if (j)
      out_number(j, names[i], m.counters[i]);
    else
      (void)printf("%s %" PRIu64 " %s", i ? "," : "", m.counters[i], names[i]);
  }
  if (j)
    out_end(j, '}');
  else
    (void)fputs("\n\n", stdout);
  return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/status_door.h"

#include <time.h>

#include "idl/status_rpc.h"

#define TIME_SIZE 32u

static const char *time_text(uint64_t seconds, char text[TIME_SIZE])
{
  time_t when = (time_t)seconds;
  struct tm local;

  if (!localtime_r(&when, &local) || strftime(text, TIME_SIZE, "%Y-%m-%d %H:%M:%S", &local) == 0)
    text[0] = '\0';
  return text;
}

static void show_policy(const struct status_doorman *d)
{
  char text[TIME_SIZE];

  if (!d->file[0])
    return;
  (void)fputs("policy:   ", stdout);
  (void)output_text(stdout, d->file);
  (void)printf(" of %s: %u rules for calls, %u for registrations, %u reservations\n",
               time_text(d->loaded, text), (unsigned)d->calls, (unsigned)d->registrations,
               (unsigned)d->reservations);
  if (!d->failure[0])
    return;
  (void)fputs("          ", stdout);
  (void)output_styled(stdout, "1;31", "the old one stays");
  (void)printf(", since %s: ", time_text(d->failed, text));
  (void)output_text(stdout, d->failure);
  (void)fputc('\n', stdout);
}

static void show_sink(const struct status_sink *s)
{
  (void)fputs("book:     ", stdout);
  (void)output_text(stdout, s->name);
  (void)printf(": %llu written", (unsigned long long)s->written);
  if (s->waiting)
    (void)printf(", %llu waiting", (unsigned long long)s->waiting);
  if (s->lost)
    (void)printf(", %llu lost", (unsigned long long)s->lost);
  if (s->failing) {
    (void)fputs(", ", stdout);
    (void)output_styled(stdout, "1;31", "failing");
  }
  (void)fputc('\n', stdout);
}

static void json_policy(struct out_json *j, const struct status_doorman *d)
{
  if (!d->file[0]) {
    out_text(j, "policy", NULL);
    return;
  }
  out_begin(j, "policy", '{');
  out_text(j, "file", d->file);
  out_number(j, "loaded", d->loaded);
  out_number(j, "calls", d->calls);
  out_number(j, "registrations", d->registrations);
  out_number(j, "reservations", d->reservations);
  out_text(j, "failure", d->failure[0] ? d->failure : NULL);
  if (d->failure[0])
    out_number(j, "failed", d->failed);
  out_end(j, '}');
}

static void json_sink(struct out_json *j, const struct status_sink *s)
{
  out_begin(j, NULL, '{');
  out_text(j, "name", s->name);
  out_number(j, "told", s->told);
  out_number(j, "written", s->written);
  out_number(j, "lost", s->lost);
  out_number(j, "waiting", s->waiting);
  out_bool(j, "failing", s->failing != 0);
  out_end(j, '}');
}

portero_status status_door_show(const struct tool *t, struct out_json *j, struct portero_client *c)
{
  struct mapper_status_Doorman m = {.num_sinks = 0};
  portero_status status = mapper_status_Doorman(c, &m);

  if (status.klass == PORTERO_CLASS_FAULT && status.code == PORTERO_FAULT_OP_RANGE)
    return portero_ok();
  if (portero_is_ok(status) && m.result)
    return portero_status_make(PORTERO_CLASS_RESULT, m.result);
  if (!portero_is_ok(status))
    return status;
  if (!t->json) {
    show_policy(&m.state);
    for (uint32_t i = 0; i < m.num_sinks; i++)
      show_sink(&m.sinks[i]);
    return status;
  }
  json_policy(j, &m.state);
  out_begin(j, "sinks", '[');
  for (uint32_t i = 0; i < m.num_sinks; i++)
    json_sink(j, &m.sinks[i]);
  out_end(j, ']');
  return status;
}

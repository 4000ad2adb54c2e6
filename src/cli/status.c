/* SPDX-License-Identifier: Apache-2.0 */
/* portero status: the endpoint mapper of this machine, who registered what, and what happened. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "idl/status_rpc.h"
#include "src/cli/status_door.h"
#include "src/cli/status_limits.h"
#include "src/cli/tool.h"

static const char help[] =
    "usage: portero status [OPTION]...\n"
    "\n"
    "Shows the endpoint mapper of this machine: its registrations with their owner\n"
    "(process, user, systemd unit), age and look-ups, its counters, its policy, where\n"
    "its book goes, and its limits: what is in use, the most there was, what is\n"
    "allowed, how often it was refused.\n"
    "\n" TOOL_HELP_TEXT "\n" TOOL_EXIT_TEXT;

static const struct option options[] = {TOOL_OPTIONS};

#define BATCH      100u
#define MAX_LISTED 1000000u

static const char *const counter_names[status_COUNTERS] = {
    "uptime",  "entries",        "maps",           "lookups",      "inserts",
    "deletes", "refused_remote", "refused_caller", "refused_taken"};

static void age_text(uint64_t seconds, char *text, size_t size)
{
  if (seconds < 100)
    (void)snprintf(text, size, "%us", (unsigned)seconds);
  else if (seconds < 100 * 60)
    (void)snprintf(text, size, "%um", (unsigned)(seconds / 60));
  else if (seconds < 48 * 3600)
    (void)snprintf(text, size, "%uh", (unsigned)(seconds / 3600));
  else
    (void)snprintf(text, size, "%ud", (unsigned)(seconds / 86400));
}

static void user_text(uint32_t uid, char *text, size_t size)
{
  const struct passwd *account = getpwuid(uid);

  if (account)
    (void)snprintf(text, size, "%s", account->pw_name);
  else
    (void)snprintf(text, size, "%u", (unsigned)uid);
}

static void owner_text(const struct status_entry *e, char *text, size_t size)
{
  char user[64];

  if (e->flags & status_CONFIGURED) {
    (void)snprintf(text, size, "configuration");
    return;
  }
  if (!(e->flags & status_HAS_CREDENTIALS)) {
    (void)snprintf(text, size, "unknown");
    return;
  }
  user_text(e->uid, user, sizeof user);
  (void)snprintf(text, size, "pid %u, user %s%s%s", (unsigned)e->pid, user, *e->unit ? ", " : "",
                 e->unit);
}

/* ---- one entry ---- */

struct shown {
  struct portero_tower tower;
  struct portero_uuid object;
  uint64_t serial;
  uint32_t pid;
};

static void binding_of(const struct status_entry *e, struct portero_tower *tower, char *text,
                       size_t size)
{
  struct portero_binding b;
  char address[16];

  text[0] = '\0';
  memset(tower, 0, sizeof *tower);
  if (!portero_is_ok(portero_tower_read(portero_bytes_make(e->tower, e->tower_length), tower)))
    return;
  (void)snprintf(address, sizeof address, "%u.%u.%u.%u", tower->ipv4[0], tower->ipv4[1],
                 tower->ipv4[2], tower->ipv4[3]);
  if (portero_binding_from_tower(tower, strcmp(address, "0.0.0.0") == 0 ? "" : address, &b))
    (void)portero_binding_text(&b, text, size);
}

/* The same place in another transfer syntax follows at once and says nothing new to people. */
static bool is_shown(const struct portero_tower *tower, const struct status_entry *e,
                     struct shown *last)
{
  bool same = last->serial + 1 == e->serial && last->pid == e->pid &&
              portero_uuid_equal(&last->object, &e->object) &&
              portero_syntax_equal(&last->tower.interface, &tower->interface) &&
              last->tower.port == tower->port && last->tower.protseq == tower->protseq &&
              strcmp(last->tower.endpoint, tower->endpoint) == 0;

  last->tower = *tower;
  last->object = e->object;
  last->serial = e->serial;
  last->pid = e->pid;
  return same;
}

static void show_interface(const struct portero_syntax *s)
{
  const char *name = tool_interface_name(s);
  char uuid[PORTERO_UUID_TEXT_SIZE];

  (void)fputc('\n', stdout);
  (void)output_styled(stdout, "1", portero_uuid_text(&s->uuid, uuid));
  (void)printf(" v%u.%u", (unsigned)s->major, (unsigned)s->minor);
  if (name) {
    (void)fputs("  ", stdout);
    (void)output_styled(stdout, "1;32", name);
  }
  (void)fputs("\n  ", stdout);
}

static void show_entry(const struct status_entry *e, struct shown *last)
{
  char binding[TOOL_BINDING_SIZE], owner[256], age[16], uuid[PORTERO_UUID_TEXT_SIZE];
  struct portero_tower tower;

  binding_of(e, &tower, binding, sizeof binding);
  if (is_shown(&tower, e, last))
    return;
  show_interface(&tower.interface);
  (void)output_text(stdout, binding[0] ? binding : "(a tower that is not readable)");
  if (e->annotation[0]) {
    (void)fputs("  ", stdout);
    (void)output_styled(stdout, "2", e->annotation);
  }
  if (!portero_uuid_is_nil(&e->object))
    (void)printf("\n  object %s", portero_uuid_text(&e->object, uuid));
  owner_text(e, owner, sizeof owner);
  age_text(e->age, age, sizeof age);
  (void)fputs("\n  ", stdout);
  (void)output_text(stdout, owner);
  (void)printf("; %s old, %llu look-ups\n", age, (unsigned long long)e->lookups);
}

static void json_entry(struct out_json *j, const struct status_entry *e)
{
  char binding[TOOL_BINDING_SIZE], version[16], user[64];
  struct portero_tower tower;
  bool known = (e->flags & status_HAS_CREDENTIALS) != 0;

  binding_of(e, &tower, binding, sizeof binding);
  user_text(e->uid, user, sizeof user);
  (void)snprintf(version, sizeof version, "%u.%u", (unsigned)tower.interface.major,
                 (unsigned)tower.interface.minor);
  out_begin(j, NULL, '{');
  out_uuid(j, "uuid", &tower.interface.uuid);
  out_text(j, "version", version);
  out_text(j, "name", tool_interface_name(&tower.interface));
  out_text(j, "binding", binding);
  out_text(j, "transfer",
           portero_syntax_equal(&tower.transfer, &portero_syntax_ndr64) ? "ndr64" : "ndr");
  out_text(j, "annotation", e->annotation);
  if (portero_uuid_is_nil(&e->object))
    out_text(j, "object", NULL);
  else
    out_uuid(j, "object", &e->object);
  out_bool(j, "configured", (e->flags & status_CONFIGURED) != 0);
  if (known)
    out_number(j, "pid", e->pid);
  if (known)
    out_text(j, "user", user);
  out_text(j, "unit", e->unit[0] ? e->unit : NULL);
  out_number(j, "age", e->age);
  out_number(j, "lookups", e->lookups);
  out_end(j, '}');
}

/* ---- all of them ---- */

static void show_counters(const struct tool *t, struct out_json *j, const uint64_t *counters)
{
  char age[16];

  if (t->json) {
    out_begin(j, "counters", '{');
    for (unsigned i = 0; i < status_COUNTERS; i++)
      out_number(j, counter_names[i], counters[i]);
    out_end(j, '}');
    return;
  }
  age_text(counters[status_UPTIME], age, sizeof age);
  (void)printf("up %s, %llu registrations\n", age, (unsigned long long)counters[status_ENTRIES]);
  (void)printf(
      "answered: %llu resolved, %llu looked up; registered %llu, withdrawn %llu\n",
      (unsigned long long)counters[status_MAPS], (unsigned long long)counters[status_LOOKUPS],
      (unsigned long long)counters[status_INSERTS], (unsigned long long)counters[status_DELETES]);
  (void)printf("refused:  %llu from the network, %llu callers, %llu endpoints of others\n",
               (unsigned long long)counters[status_REFUSED_REMOTE],
               (unsigned long long)counters[status_REFUSED_CALLER],
               (unsigned long long)counters[status_REFUSED_TAKEN]);
}

static portero_status list_batch(struct portero_client *c, uint64_t after,
                                 struct mapper_status_List *out_m)
{
  struct mapper_status_List args = {.after = after, .max_entries = BATCH};
  portero_status status = mapper_status_List(c, &args);

  if (portero_is_ok(status) && args.result)
    status = portero_status_make(PORTERO_CLASS_RESULT, args.result);
  if (portero_is_ok(status))
    *out_m = args;
  return status;
}

static portero_status status_show(const struct tool *t, struct portero_client *c)
{
  struct out_json j = {.stream = stdout};
  struct shown last = {.serial = 0};
  struct mapper_status_List m;
  uint64_t after = 0;
  uint32_t listed = 0;
  portero_status status = list_batch(c, after, &m);

  if (!portero_is_ok(status))
    return status;
  if (t->json) {
    out_begin(&j, NULL, '{');
    out_text(&j, "binding", portero_client_binding(c));
  } else {
    (void)printf("endpoint mapper at %s\n", portero_client_binding(c));
  }
  show_counters(t, &j, m.counters);
  status = status_door_show(t, &j, c);
  if (portero_is_ok(status))
    status = list_batch(c, after, &m); /* results last until the next call */
  if (t->json)
    out_begin(&j, "registrations", '[');
  while (portero_is_ok(status) && m.num_entries > 0 && listed < MAX_LISTED) {
    for (uint32_t i = 0; i < m.num_entries; i++, listed++) {
      if (t->json)
        json_entry(&j, &m.entries[i]);
      else
        show_entry(&m.entries[i], &last);
      after = m.entries[i].serial;
    }
    status = list_batch(c, after, &m);
  }
  if (t->json) {
    out_end(&j, ']');
  } else {
    (void)fputc('\n', stdout);
  }
  if (portero_is_ok(status))
    status = status_logins(c, t->json ? &j : NULL);
  if (portero_is_ok(status))
    status = status_limits(c, t->json ? &j : NULL);
  if (t->json && !portero_is_ok(status))
    tool_error(&j, c, status);
  if (t->json)
    out_end(&j, '}');
  return status;
}

int command_status(int argc, char **argv)
{
  const struct portero_binding here = {.protseq = PORTERO_NCALRPC};
  struct portero_binding b = here;
  struct portero_client *c;
  struct tool t;
  portero_status status;
  int exit_code;

  tool_init(&t, "status");
  (void)tool_option(&t, argc, argv, "", options, help, &exit_code);
  if (exit_code == TOOL_GO_ON)
    exit_code = tool_arguments(&t, argc, 0, 0, "[OPTION]...");
  if (exit_code == TOOL_GO_ON)
    exit_code = tool_local_mapper(&t, &b);
  c = exit_code == TOOL_GO_ON ? tool_open(&t, &b, &mapper_status_stub.id, &exit_code) : NULL;
  if (c) {
    status = status_show(&t, c);
    exit_code = portero_is_ok(status) ? EXIT_OK : tool_failure(&t, c, status);
  }
  portero_client_close(c);
  tool_deinit(&t);
  return exit_code;
}

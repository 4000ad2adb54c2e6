/* SPDX-License-Identifier: Apache-2.0 */
/* portero ls: the endpoints of a host, grouped by interface. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <portero/catalog.h>

#include "idl/epm.h"
#include "src/cli/endpoints.h"
#include "src/cli/tool.h"

static const char help[] =
    "usage: portero ls [OPTION]... HOST\n"
    "\n"
    "Lists the endpoints that the endpoint mapper of HOST tells, by interface.\n"
    "HOST: a name, an address, host:port, [v6]:port, or a string binding (ncalrpc: is\n"
    "this machine).\n"
    "\n"
    "  --interface INTERFACE   only this: UUID[:MAJOR[.MINOR]] or a known name\n"
    "  --protseq NAME          only this transport: ncacn_ip_tcp, ncacn_np, ...\n"
    "  --annotation TEXT       only where the annotation contains TEXT\n"
    "  --object UUID           only endpoints for this object\n" LOGIN_HELP_TEXT TOOL_HELP_TEXT "\n" TOOL_EXIT_TEXT;

enum {
  LS_INTERFACE = 1,
  LS_PROTSEQ,
  LS_ANNOTATION,
  LS_OBJECT
};

static const struct option options[] = {
    {"interface", required_argument, NULL, LS_INTERFACE},
    {"protseq", required_argument, NULL, LS_PROTSEQ},
    {"annotation", required_argument, NULL, LS_ANNOTATION},
    {"object", required_argument, NULL, LS_OBJECT},
    LOGIN_OPTIONS,
    TOOL_OPTIONS,
};

struct filter {
  struct endpoints_query query;
  enum portero_protseq protseq;
  const char *annotation;
};

static int filter_set(struct tool *t, struct filter *f, int option)
{
  char message[256];
  bool versioned;

  switch (option) {
  case LS_INTERFACE:
    if (!interface_find(optarg, &f->query.interface, &versioned, message, sizeof message))
      return tool_usage(t, "%s", message);
    f->query.has_interface = true;
    f->query.any_version = strpbrk(optarg, ":,") == NULL;
    return TOOL_GO_ON;
  case LS_PROTSEQ:
    f->protseq = portero_protseq_find(optarg, strlen(optarg));
    if (f->protseq == PORTERO_PROTSEQ_UNKNOWN)
      return tool_usage(t, "--protseq %s: unknown protocol sequence", optarg);
    return TOOL_GO_ON;
  case LS_ANNOTATION:
    f->annotation = optarg;
    return TOOL_GO_ON;
  }
  if (!portero_uuid_parse(optarg, &f->query.object))
    return tool_usage(t, "--object %s: expected a UUID", optarg);
  f->query.has_object = true;
  return TOOL_GO_ON;
}

/* ---- groups ---- */

static bool is_wanted(const struct filter *f, const struct endpoint *e)
{
  return (f->protseq == PORTERO_PROTSEQ_UNKNOWN || f->protseq == e->protseq) &&
         (!f->annotation || strcasestr(e->annotation, f->annotation));
}

/* As the UUIDs read, then by version. */
static int compare_interfaces(const struct portero_syntax *a, const struct portero_syntax *b)
{
  char left[PORTERO_UUID_TEXT_SIZE], right[PORTERO_UUID_TEXT_SIZE];
  int order = strcmp(portero_uuid_text(&a->uuid, left), portero_uuid_text(&b->uuid, right));

  if (order == 0)
    order = (a->major > b->major) - (a->major < b->major);
  return order ? order : (a->minor > b->minor) - (a->minor < b->minor);
}

static int compare(const void *left, const void *right)
{
  const struct endpoint *a = left, *b = right;
  int order = compare_interfaces(&a->interface, &b->interface);

  if (order == 0)
    order = (a->protseq > b->protseq) - (a->protseq < b->protseq);
  if (order == 0)
    order = strcmp(a->binding, b->binding);
  if (order == 0)
    order = strcmp(a->annotation, b->annotation);
  return order ? order : memcmp(&a->object, &b->object, sizeof a->object);
}

/* Keeps what is wanted, by interface; what differs in the transfer syntax alone is shown once. */
static void arrange(struct endpoints *e, const struct filter *f)
{
  size_t n = 0;

  for (size_t i = 0; i < e->count; i++)
    if (is_wanted(f, &e->items[i]))
      e->items[n++] = e->items[i];
  if (n > 1)
    qsort(e->items, n, sizeof *e->items, compare);
  e->count = 0;
  for (size_t i = 0; i < n; i++)
    if (i == 0 || compare(&e->items[i], &e->items[e->count - 1]) != 0)
      e->items[e->count++] = e->items[i];
}

/* ---- showing ---- */

static bool begins_group(const struct endpoints *e, size_t i)
{
  return i == 0 || !portero_syntax_equal(&e->items[i].interface, &e->items[i - 1].interface);
}

/* An annotation on its own line where it does not fit behind column; nothing when it is empty. */
static void show_annotation(const char *annotation, size_t column, const char *indent)
{
  if (!annotation[0])
    return;
  (void)fputs(column + 2 + strlen(annotation) <= OUTPUT_WIDTH ? "  " : indent, stdout);
  (void)output_styled(stdout, "2", annotation);
}

static void show_interface(const struct portero_syntax *s, const char *annotation)
{
  struct portero_catalog_entry known = {.name = ""};
  char text[PORTERO_UUID_TEXT_SIZE + 16];
  size_t column;

  (void)portero_uuid_text(&s->uuid, text);
  (void)snprintf(text + strlen(text), 16, " v%u.%u", (unsigned)s->major, (unsigned)s->minor);
  column = output_styled(stdout, "1", text);
  if (portero_catalog_interface(s, &known)) {
    (void)fputs("  ", stdout);
    column += 2 + output_styled(stdout, "1;32", known.name);
    if (known.document)
      column += (size_t)printf(" %s", known.document);
  }
  if (strcasecmp(annotation, known.name) != 0)
    show_annotation(annotation, column, "\n  ");
  (void)fputc('\n', stdout);
}

static void show_endpoint(const struct endpoint *e, bool annotated)
{
  char object[PORTERO_UUID_TEXT_SIZE];
  size_t column;

  (void)fputs("  ", stdout);
  if (e->binding[0])
    column = 2 + output_text(stdout, e->binding);
  else
    column = 2 + (size_t)printf("(a transport that is not known here)");
  if (annotated)
    show_annotation(e->annotation, column, "\n      ");
  (void)fputc('\n', stdout);
  if (!portero_uuid_is_nil(&e->object))
    (void)printf("      object %s\n", portero_uuid_text(&e->object, object));
}

/* One group from i on; returns where the next begins. */
static size_t show_group(const struct endpoints *e, size_t i)
{
  const struct endpoint *first = &e->items[i];
  bool same = true;
  size_t end;

  for (end = i + 1; end < e->count && !begins_group(e, end); end++)
    same = same && strcmp(first->annotation, e->items[end].annotation) == 0;
  show_interface(&first->interface, same ? first->annotation : "");
  for (; i < end; i++)
    show_endpoint(&e->items[i], !same);
  return end;
}

static void show(const struct endpoints *e)
{
  for (size_t i = 0; i < e->count;) {
    if (i)
      (void)fputc('\n', stdout);
    i = show_group(e, i);
  }
}

static void json_interface(struct out_json *j, const struct portero_syntax *s)
{
  struct portero_catalog_entry known;
  bool is_known = portero_catalog_interface(s, &known);
  char version[16];

  (void)snprintf(version, sizeof version, "%u.%u", (unsigned)s->major, (unsigned)s->minor);
  out_begin(j, NULL, '{');
  out_uuid(j, "uuid", &s->uuid);
  out_text(j, "version", version);
  out_text(j, "name", is_known ? known.name : NULL);
  out_text(j, "document", is_known ? known.document : NULL);
  out_begin(j, "endpoints", '[');
}

static void json_endpoint(struct out_json *j, const struct endpoint *e)
{
  out_begin(j, NULL, '{');
  out_text(j, "binding", e->binding[0] ? e->binding : NULL);
  out_text(j, "protseq", portero_protseq_name(e->protseq));
  out_text(j, "endpoint", e->endpoint);
  out_text(j, "annotation", e->annotation);
  if (portero_uuid_is_nil(&e->object))
    out_text(j, "object", NULL);
  else
    out_uuid(j, "object", &e->object);
  out_end(j, '}');
}

static void show_json(const char *host, const struct endpoints *e)
{
  struct out_json j = {.stream = stdout};

  out_begin(&j, NULL, '{');
  out_text(&j, "host", host);
  out_number(&j, "unreadable", e->unreadable);
  out_begin(&j, "interfaces", '[');
  for (size_t i = 0; i < e->count; i++) {
    if (begins_group(e, i)) {
      if (i) {
        out_end(&j, ']');
        out_end(&j, '}');
      }
      json_interface(&j, &e->items[i].interface);
    }
    json_endpoint(&j, &e->items[i]);
  }
  if (e->count) {
    out_end(&j, ']');
    out_end(&j, '}');
  }
  out_end(&j, ']');
  out_end(&j, '}');
}

/* ---- asking ---- */

static int ls_show(const struct tool *t, const struct filter *f, const struct portero_binding *b,
                   struct endpoints *all)
{
  bool any = all->count > 0;

  arrange(all, f);
  if (t->json)
    show_json(b->host, all);
  else
    show(all);
  if (all->unreadable && !t->json)
    complain(t->name, "%zu entries are not readable", all->unreadable);
  if (all->count == 0)
    complain(t->name, "no endpoint %s", any ? "matches" : "is registered there, or none matches");
  return all->count ? EXIT_OK : EXIT_NEGATIVE;
}

static int ls_ask(struct tool *t, const struct filter *f, const char *host)
{
  struct endpoints all = {.items = NULL};
  struct portero_binding b;
  struct portero_client *c;
  portero_status status;
  int exit_code;

  if (!tool_host(host, &b))
    return tool_no_host(t, host);
  c = tool_open(t, &b, &epmapper_stub.id, &exit_code);
  if (!c)
    return exit_code;
  status = endpoints_lookup(c, b.host, &f->query, &all);
  if (portero_is_ok(status))
    exit_code = ls_show(t, f, &b, &all);
  else
    exit_code = tool_failure(t, c, status);
  portero_client_close(c);
  endpoints_free(&all);
  return exit_code;
}

int command_ls(int argc, char **argv)
{
  struct filter f = {.query = {.any_version = true}};
  struct tool t;
  int option, exit_code = TOOL_GO_ON;

  tool_init(&t, "ls");
  while (exit_code == TOOL_GO_ON &&
         (option = tool_option(&t, argc, argv, "", options, help, &exit_code)) != -1)
    exit_code = filter_set(&t, &f, option);
  if (exit_code == TOOL_GO_ON)
    exit_code = tool_arguments(&t, argc, 1, 1, "[OPTION]... HOST");
  if (exit_code == TOOL_GO_ON)
    exit_code = ls_ask(&t, &f, argv[optind]);
  tool_deinit(&t);
  return exit_code;
}

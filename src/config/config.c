/* SPDX-License-Identifier: Apache-2.0 */
/* From libyaml's events to values: sections, keys, lists, and the list of endpoints. */
#include "src/config/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "src/config/config_sink.h"
#include "src/config/schema.h"
#include "src/config/similar.h"

#define DEPTH_MAX 4u
#define PATH_SIZE 128u

struct reader {
  yaml_parser_t parser;
  struct config *config;
  const char *path; /* of the file */
  char *message;
  size_t message_size;
  struct config_endpoint *endpoint; /* the one being read */
  struct config_sink *sink;         /* the same of sinks */
  bool seen[CONFIG_KEY_MAX];        /* keys that have a value from this file */
  bool seen_in_item[CONFIG_KEY_MAX];
};

static bool complain(struct reader *r, size_t line, const char *key, const char *what,
                     const char *more)
{
  (void)snprintf(r->message, r->message_size, "%s:%zu: %s%s%s%s", r->path, line + 1, key,
                 *key ? ": " : "", what, more);
  return false;
}

static bool next_event(struct reader *r, yaml_event_t *out_event)
{
  if (yaml_parser_parse(&r->parser, out_event))
    return true;
  return complain(r, r->parser.problem_mark.line, "",
                  "this is no YAML: ", r->parser.problem ? r->parser.problem : "unreadable");
}

/* A key that stands twice is a mistake: one of the two would be read by nobody. */
static bool is_second(struct reader *r, const struct schema_key *key)
{
  bool *seen = &(r->endpoint || r->sink ? r->seen_in_item : r->seen)[key - schema_keys];
  bool before = *seen;

  *seen = true;
  return before;
}

static bool is_section(const char *path)
{
  size_t n = strlen(path);

  for (size_t i = 0; i < schema_n_keys; i++)
    if (strncmp(schema_keys[i].path, path, n) == 0 && schema_keys[i].path[n] == '.')
      return true;
  return false;
}

/* Of sections, those of the schema; NULL: none is like it, or memory is out. */
static const char *similar_section(struct reader *r, const char *path)
{
  struct similar s;

  similar_init(&s, path);
  for (size_t i = 0; i < schema_n_keys; i++)
    similar_offer(&s, portero_arena_text(&r->config->arena, schema_keys[i].path,
                                         strcspn(schema_keys[i].path, ".")));
  return s.best;
}

static bool no_such_key(struct reader *r, size_t line, const char *path)
{
  const struct schema_key *key = schema_similar(path);
  const char *similar = key ? key->path : similar_section(r, path);

  return complain(r, line, path, similar ? "no such key; did you mean " : "no such key",
                  similar ? similar : "");
}

/* What key's value goes into, when that is an item of a list. */
static void *item_of(const struct reader *r, const struct schema_key *key)
{
  return schema_place_of(key) == SCHEMA_IN_SINK ? (void *)r->sink : (void *)r->endpoint;
}

static bool set_scalar(struct reader *r, const char *path, const yaml_event_t *event)
{
  const struct schema_key *key = schema_find(path);
  char expected[SCHEMA_EXPECTED_SIZE] = "";
  const char *text;
  size_t line = event->start_mark.line;

  if (!key && is_section(path) && event->data.scalar.length == 0)
    return true; /* "mapper:" with nothing below it */
  if (!key && is_section(path))
    return complain(r, line, path, "expected keys below it, not a value", "");
  if (!key)
    return no_such_key(r, line, path);
  text = portero_arena_text(&r->config->arena, (const char *)event->data.scalar.value,
                            event->data.scalar.length);
  if (!text)
    return complain(r, line, path, "the file is too large", "");
  if (strlen(text) != event->data.scalar.length)
    return complain(r, line, path, "a text with a zero byte", "");
  if (!schema_set(key, r->config, item_of(r, key), text, expected))
    return complain(r, line, path, "expected ", expected);
  if (r->config->lines[key - schema_keys] == 0)
    r->config->lines[key - schema_keys] = (uint32_t)line + 1;
  return true;
}

static bool endpoint_begin(struct reader *r, size_t line)
{
  struct config *c = r->config;

  if (!c->endpoints)
    c->endpoints = portero_arena_array(&c->arena, CONFIG_ENDPOINT_MAX, sizeof *c->endpoints);
  if (!c->endpoints || c->n_endpoints == CONFIG_ENDPOINT_MAX)
    return complain(r, line, "endpoints", "too many", "");
  r->endpoint = &c->endpoints[c->n_endpoints++];
  r->endpoint->line = (uint32_t)line + 1;
  memset(r->seen_in_item, 0, sizeof r->seen_in_item);
  return true;
}

static bool endpoint_end(struct reader *r, size_t line)
{
  const struct config_endpoint *e = r->endpoint;

  r->endpoint = NULL;
  if (!e->interface || !e->binding)
    return complain(r, line, "endpoints", "an endpoint needs interface and binding", "");
  return true;
}

static bool sink_begin(struct reader *r, size_t line)
{
  r->sink = config_sink_add(r->config);
  if (!r->sink)
    return complain(r, line, "book", "too many sinks, at most 16", "");
  r->sink->line = (uint32_t)line + 1;
  memset(r->seen_in_item, 0, sizeof r->seen_in_item);
  return true;
}

static bool sink_end(struct reader *r, size_t line)
{
  const struct config_sink *sink = r->sink;
  char message[CONFIG_SINK_MESSAGE_SIZE];

  r->sink = NULL;
  return config_sink_fits(sink, r->seen_in_item, message) || complain(r, line, "book", message, "");
}

static bool read_node(struct reader *r, const char *path, unsigned depth, yaml_event_t *first);

static bool read_mapping(struct reader *r, const char *path, unsigned depth)
{
  char inner[PATH_SIZE];
  yaml_event_t event;
  bool ok;

  for (;;) {
    if (!next_event(r, &event))
      return false;
    if (event.type == YAML_MAPPING_END_EVENT) {
      yaml_event_delete(&event);
      return true;
    }
    ok = event.type == YAML_SCALAR_EVENT ||
         complain(r, event.start_mark.line, path, "expected a key", "");
    if (ok &&
        (size_t)snprintf(inner, sizeof inner, "%s%s%.*s", path, *path ? "." : "",
                         (int)event.data.scalar.length, event.data.scalar.value) >= sizeof inner)
      ok = complain(r, event.start_mark.line, path, "a key that is too long", "");
    yaml_event_delete(&event);
    if (!ok || !next_event(r, &event))
      return false;
    ok = read_node(r, inner, depth + 1, &event);
    yaml_event_delete(&event);
    if (!ok)
      return false;
  }
}

static bool is_list_of_sections(const char *path)
{
  return strcmp(path, "endpoints") == 0 || strcmp(path, "book") == 0;
}

static bool read_item(struct reader *r, const char *path, unsigned depth, size_t line)
{
  if (strcmp(path, "book") == 0)
    return sink_begin(r, line) && read_mapping(r, path, depth) && sink_end(r, line);
  return endpoint_begin(r, line) && read_mapping(r, path, depth) && endpoint_end(r, line);
}

/* A list holds values, or, under endpoints and book, sections. */
static bool read_sequence(struct reader *r, const char *path, unsigned depth)
{
  bool sections = is_list_of_sections(path), ok = true;
  yaml_event_t event;

  while (ok) {
    if (!next_event(r, &event))
      return false;
    if (event.type == YAML_SEQUENCE_END_EVENT) {
      yaml_event_delete(&event);
      return true;
    }
    if (sections != (event.type == YAML_MAPPING_START_EVENT))
      ok = complain(r, event.start_mark.line, path,
                    sections ? "expected a section" : "expected a value", "");
    else if (sections)
      ok = read_item(r, path, depth + 1, event.start_mark.line);
    else
      ok = event.type == YAML_SCALAR_EVENT
               ? set_scalar(r, path, &event)
               : complain(r, event.start_mark.line, path, "expected a value", "");
    yaml_event_delete(&event);
  }
  return false;
}

static bool read_node(struct reader *r, const char *path, unsigned depth, yaml_event_t *first)
{
  const struct schema_key *key = schema_find(path);
  size_t line = first->start_mark.line;

  if (depth > DEPTH_MAX)
    return complain(r, line, path, "nested too deep", "");
  if (key && first->type != YAML_MAPPING_START_EVENT && is_second(r, key))
    return complain(r, line, path, "stands here twice", "");
  if (first->type == YAML_SCALAR_EVENT)
    return set_scalar(r, path, first);
  if (first->type == YAML_MAPPING_START_EVENT)
    return read_mapping(r, path, depth);
  if (first->type == YAML_SEQUENCE_START_EVENT &&
      (is_list_of_sections(path) || (key && schema_is_list(key))))
    return read_sequence(r, path, depth);
  if (!key && !is_section(path))
    return no_such_key(r, line, path);
  if (!key)
    return complain(r, line, path, "expected keys below it, not a list", "");
  return complain(r, line, path, "expected a value", "");
}

static bool read_document(struct reader *r)
{
  bool ok, seen = false;
  yaml_event_t event;

  for (;;) {
    if (!next_event(r, &event))
      return false;
    if (event.type == YAML_STREAM_END_EVENT) {
      yaml_event_delete(&event);
      return true;
    }
    ok = event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT ||
         event.type == YAML_DOCUMENT_END_EVENT ||
         (event.type == YAML_SCALAR_EVENT && event.data.scalar.length == 0);
    if (event.type == YAML_MAPPING_START_EVENT && seen)
      (void)complain(r, event.start_mark.line, "", "expected one document, here is another", "");
    else if (event.type == YAML_MAPPING_START_EVENT)
      ok = seen = read_mapping(r, "", 0);
    else if (!ok)
      (void)complain(r, event.start_mark.line, "", "expected sections such as mapper:", "");
    yaml_event_delete(&event);
    if (!ok)
      return false;
  }
}

portero_status config_read(struct config *c, const char *path, char *message, size_t size)
{
  struct reader r = {.config = c, .path = path, .message = message, .message_size = size};
  FILE *file = fopen(path, "re");
  int why = errno;
  struct stat found;
  bool ok;

  if (file && fstat(fileno(file), &found) == 0 && S_ISDIR(found.st_mode)) {
    (void)fclose(file);
    file = NULL;
    why = EISDIR;
  }
  if (!file) {
    (void)snprintf(message, size, "%s: %s", path, strerror(why));
    return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)why);
  }
  if (!yaml_parser_initialize(&r.parser)) {
    (void)fclose(file);
    (void)snprintf(message, size, "%s: out of memory", path);
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  }
  yaml_parser_set_input_file(&r.parser, file);
  ok = read_document(&r);
  yaml_parser_delete(&r.parser);
  (void)fclose(file);
  return ok ? portero_ok() : portero_local(PORTERO_LOCAL_MALFORMED);
}

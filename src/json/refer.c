/* SPDX-License-Identifier: Apache-2.0 */
#include "src/json/refer.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAGS     (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY)
#define MAX_DEPTH 512u

struct refer {
  char *const *answers;
  size_t count;
  unsigned depth;
  char *problem;
};

static json_t *fail(const struct refer *r, const char *reference, const char *why)
{
  (void)snprintf(r->problem, JSON_TEXT_PROBLEM_SIZE, "\"%.128s\": %s", reference, why);
  return NULL;
}

/* One step of a path: ".name" or "[3]". NULL: there is no such thing. */
static json_t *step(json_t *from, const char **path)
{
  const char *p = *path + 1;
  size_t size = strcspn(p, ".[]");
  char name[128], *end;

  if (size == 0 || size >= sizeof name)
    return NULL;
  memcpy(name, p, size);
  name[size] = '\0';
  *path = p + size;
  if (p[-1] == '.')
    return json_object_get(from, name);
  if (**path != ']' || !isdigit((unsigned char)name[0]))
    return NULL;
  ++*path;
  from = json_array_get(from, strtoul(name, &end, 10));
  return *end ? NULL : from;
}

static json_t *referred(const struct refer *r, const char *reference)
{
  char *path;
  unsigned long which = strtoul(reference + 1, &path, 10);
  const char *at = path;
  json_t *answer, *found;

  if (at == reference + 1)
    which = r->count;
  if (which == 0 || which > r->count)
    return fail(r, reference, "there is no such answer yet");
  answer = json_loads(r->answers[which - 1], FLAGS, NULL);
  found = answer;
  while (found && *at)
    found = *at == '.' || *at == '[' ? step(found, &at) : NULL;
  json_incref(found);
  json_decref(answer);
  return found ? found : fail(r, reference, "that answer has no such part");
}

/* A reference is "$", perhaps a number, and a path. */
static bool is_reference(const char *text)
{
  text++;
  while (isdigit((unsigned char)*text))
    text++;
  return *text == '.';
}

static json_t *replaced(struct refer *r, json_t *json);

static bool replace_members(struct refer *r, json_t *object)
{
  const char *name;
  json_t *member;
  void *next;

  json_object_foreach_safe(object, next, name, member)
  {
    if (json_object_set_new(object, name, replaced(r, member)) != 0)
      return false;
  }
  return true;
}

static bool replace_elements(struct refer *r, json_t *array)
{
  for (size_t i = 0; i < json_array_size(array); i++)
    if (json_array_set_new(array, i, replaced(r, json_array_get(array, i))) != 0)
      return false;
  return true;
}

/* A new reference; NULL: told. */
static json_t *replaced(struct refer *r, json_t *json)
{
  const char *text = json_string_value(json);
  bool done = true;

  if (text && text[0] == '$' && text[1] == '$')
    return json_stringn(text + 1, json_string_length(json) - 1);
  if (text && text[0] == '$' && is_reference(text))
    return referred(r, text);
  if (r->depth == MAX_DEPTH)
    return fail(r, "...", "nested too deeply");
  r->depth++;
  if (json_is_object(json))
    done = replace_members(r, json);
  else if (json_is_array(json))
    done = replace_elements(r, json);
  r->depth--;
  return done ? json_incref(json) : NULL;
}

char *json_refer(const char *text, char *const *answers, size_t count,
                 char problem[JSON_TEXT_PROBLEM_SIZE])
{
  struct refer r = {answers, count, 0, problem};
  json_error_t error;
  json_t *json, *result;
  char *out;

  if (!strchr(text, '$'))
    return strdup(text);
  (void)snprintf(problem, JSON_TEXT_PROBLEM_SIZE, "no memory");
  json = json_loads(text, FLAGS, &error);
  if (!json) {
    (void)snprintf(problem, JSON_TEXT_PROBLEM_SIZE, "line %d column %d: %s", error.line,
                   error.column, error.text);
    return NULL;
  }
  result = replaced(&r, json);
  out = result ? json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
  json_decref(result);
  json_decref(json);
  return out;
}

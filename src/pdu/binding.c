/* SPDX-License-Identifier: Apache-2.0 */
/*
 * String bindings into fields. [C706] 3.1
 *
 *     [object@]protseq:[host][\[endpoint[,option]...\]]
 */
#include "src/pdu/binding.h"

#include <strings.h>

/* "endpoint=" and the longest endpoint, which is longer than any option. */
#define ELEMENT_SIZE (sizeof BINDING_ENDPOINT_NAME + PORTERO_ENDPOINT_SIZE)

struct binding_parser {
  const char *text;
  size_t at;
  bool has_endpoint;
  struct portero_binding binding;
};

static portero_status malformed(void)
{
  return portero_local(PORTERO_LOCAL_MALFORMED);
}

static bool has_host(enum portero_protseq protseq)
{
  return protseq != PORTERO_NCALRPC && protseq != PORTERO_NCACN_UNIX_STREAM;
}

static bool is_hex(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_zone(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '_' || c == '-';
}

bool binding_is_ipv6(enum portero_protseq protseq, const char *text, size_t length)
{
  size_t colons = 0, i = 0;

  for (; i < length && text[i] != '%'; i++) {
    if (text[i] == ':')
      colons++;
    else if (!is_hex(text[i]) && text[i] != '.')
      return false;
  }
  for (i++; i < length; i++)
    if (!is_zone(text[i]))
      return false;
  return has_host(protseq) && colons >= 2;
}

/* Copies up to an unescaped character of stops, or the end. */
static portero_status part_take(struct binding_parser *p, const char *stops, char *out_part,
                                size_t size)
{
  size_t length = 0;

  for (;; p->at++) {
    char c = p->text[p->at];
    if (c == '\0' || strchr(stops, c))
      break;
    if ((unsigned char)c < ' ' || c == 0x7f)
      return malformed();
    if (length + 1 >= size)
      return portero_local(PORTERO_LOCAL_LIMIT);
    if (c == '\\' && binding_is_special(p->text[p->at + 1]))
      c = p->text[++p->at];
    out_part[length++] = c;
  }
  out_part[length] = '\0';
  return portero_ok();
}

static portero_status object_take(struct binding_parser *p)
{
  size_t length = strcspn(p->text, "@:[");
  char text[PORTERO_UUID_TEXT_SIZE];

  if (p->text[length] != '@')
    return portero_ok();
  if (length + 1 != sizeof text)
    return malformed();
  memcpy(text, p->text, length);
  text[length] = '\0';
  if (!portero_uuid_parse(text, &p->binding.object))
    return malformed();
  p->binding.has_object = true;
  p->at = length + 1;
  return portero_ok();
}

static portero_status protseq_take(struct binding_parser *p)
{
  const char *name = p->text + p->at;
  size_t length = strcspn(name, ":[@");

  if (name[length] != ':') {
    p->at += length;
    return malformed();
  }
  p->binding.protseq = portero_protseq_find(name, length);
  if (p->binding.protseq == PORTERO_PROTSEQ_UNKNOWN)
    return portero_local(PORTERO_LOCAL_UNSUPPORTED);
  p->at += length + 1;
  return portero_ok();
}

static portero_status host_take(struct binding_parser *p)
{
  const char *inner = p->text + p->at + 1;
  size_t length = p->text[p->at] == '[' ? strcspn(inner, "]") : 0;

  if (length == 0 || inner[length] != ']' || !binding_is_ipv6(p->binding.protseq, inner, length))
    return part_take(p, "[]", p->binding.host, sizeof p->binding.host);
  if (length >= sizeof p->binding.host)
    return portero_local(PORTERO_LOCAL_LIMIT);
  memcpy(p->binding.host, inner, length);
  p->at += length + 2;
  return portero_ok();
}

/* Whether the element that begins here has a name, that is an unescaped '='. */
static bool element_is_named(const char *text)
{
  for (; *text && *text != ',' && *text != ']'; text++) {
    if (*text == '=')
      return true;
    if (*text == '\\' && binding_is_special(text[1]))
      text++;
  }
  return false;
}

static portero_status endpoint_set(struct binding_parser *p, const char *endpoint)
{
  size_t length = strlen(endpoint);

  if (p->has_endpoint)
    return malformed();
  if (length >= sizeof p->binding.endpoint)
    return portero_local(PORTERO_LOCAL_LIMIT);
  p->has_endpoint = true;
  memcpy(p->binding.endpoint, endpoint, length + 1);
  return portero_ok();
}

static portero_status option_add(struct binding_parser *p, const char *option)
{
  size_t length = strlen(option), name_length = strcspn(option, "=");
  struct portero_binding *b = &p->binding;
  char name[PORTERO_OPTION_SIZE];

  if (name_length == 0)
    return malformed();
  if (length >= sizeof name || b->n_options == PORTERO_BINDING_OPTIONS)
    return portero_local(PORTERO_LOCAL_LIMIT);
  memcpy(name, option, name_length);
  name[name_length] = '\0';
  if (portero_binding_option(b, name))
    return malformed();
  memcpy(b->options[b->n_options++], option, length + 1);
  return portero_ok();
}

/* An element is the endpoint when it says so, or when it is the first and has no name. */
static portero_status element_take(struct binding_parser *p, bool first)
{
  const size_t prefix = sizeof BINDING_ENDPOINT_NAME - 1;
  bool is_endpoint = first && !element_is_named(p->text + p->at);
  size_t start = p->at, skip = 0;
  char element[ELEMENT_SIZE];
  portero_status status = part_take(p, ",]", element, sizeof element);

  if (!portero_is_ok(status))
    return status;
  if (!is_endpoint && strncasecmp(element, BINDING_ENDPOINT_NAME, prefix) == 0) {
    is_endpoint = true;
    skip = prefix;
  }
  status = is_endpoint ? endpoint_set(p, element + skip) : option_add(p, element);
  if (!portero_is_ok(status))
    p->at = start;
  return status;
}

static portero_status elements_take(struct binding_parser *p)
{
  portero_status status = portero_ok();

  if (p->text[p->at] == '\0')
    return status;
  if (p->text[p->at] != '[')
    return malformed();
  for (bool first = true; first || p->text[p->at] == ','; first = false) {
    p->at++;
    status = element_take(p, first);
    if (!portero_is_ok(status))
      return status;
  }
  if (p->text[p->at] != ']')
    return malformed();
  p->at++;
  return p->text[p->at] == '\0' ? status : malformed();
}

portero_status portero_binding_parse(const char *text, struct portero_binding *out_binding,
                                     size_t *out_at)
{
  static portero_status (*const steps[])(struct binding_parser *) = {object_take, protseq_take,
                                                                     host_take, elements_take};
  struct binding_parser p;

  memset(&p, 0, sizeof p);
  p.text = text;
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    portero_status status = steps[i](&p);
    if (!portero_is_ok(status)) {
      if (out_at)
        *out_at = p.at;
      return status;
    }
  }
  *out_binding = p.binding;
  return portero_ok();
}

const char *portero_binding_option(const struct portero_binding *b, const char *name)
{
  size_t length = strlen(name);

  for (unsigned i = 0; i < b->n_options; i++) {
    const char *option = b->options[i];
    if (strncasecmp(option, name, length) != 0)
      continue;
    if (option[length] == '\0')
      return option + length;
    if (option[length] == '=')
      return option + length + 1;
  }
  return NULL;
}

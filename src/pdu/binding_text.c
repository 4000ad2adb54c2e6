/* SPDX-License-Identifier: Apache-2.0 */
/* String bindings out of fields, and out of towers. [C706] 3.1 */
#include "src/pdu/binding.h"

#include <stdio.h>

/* Counts what it is given and keeps what fits. */
struct binding_text {
  char *text;
  size_t size;
  size_t length;
};

static void char_put(struct binding_text *t, char c)
{
  if (t->length + 1 < t->size)
    t->text[t->length] = c;
  t->length++;
}

static void plain_put(struct binding_text *t, const char *text)
{
  while (*text)
    char_put(t, *text++);
}

/* A backslash is doubled only where it would otherwise take away the meaning of what follows. */
static void escaped_put(struct binding_text *t, const char *text, const char *escaped)
{
  for (; *text; text++) {
    bool before_special = text[1] == '\0' || binding_is_special(text[1]);
    if (*text == '\\' ? before_special : strchr(escaped, *text) != NULL)
      char_put(t, '\\');
    char_put(t, *text);
  }
}

static void endpoint_put(struct binding_text *t, const struct portero_binding *b)
{
  if (b->host[0] == '\0' && binding_is_ipv6(b->protseq, b->endpoint, strlen(b->endpoint)))
    plain_put(t, BINDING_ENDPOINT_NAME);
  escaped_put(t, b->endpoint, "[],=");
}

size_t portero_binding_text(const struct portero_binding *b, char *text, size_t size)
{
  struct binding_text t = {text, size, 0};
  const char *protseq = portero_protseq_name(b->protseq);
  char object[PORTERO_UUID_TEXT_SIZE];

  if (b->has_object) {
    plain_put(&t, portero_uuid_text(&b->object, object));
    char_put(&t, '@');
  }
  plain_put(&t, protseq ? protseq : "");
  char_put(&t, ':');
  escaped_put(&t, b->host, "[]");
  if (b->endpoint[0] || b->n_options) {
    char_put(&t, '[');
    endpoint_put(&t, b);
    for (unsigned i = 0; i < b->n_options; i++) {
      char_put(&t, ',');
      escaped_put(&t, b->options[i], "[],");
    }
    char_put(&t, ']');
  }
  if (size > 0)
    text[t.length < size ? t.length : size - 1] = '\0';
  return t.length;
}

/* Only the port of a tower is taken: its address may be 0.0.0.0, or one the client cannot reach. */
static bool endpoint_from_tower(const struct portero_tower *t, struct portero_binding *b)
{
  switch (t->protseq) {
  case PORTERO_NCACN_IP_TCP:
  case PORTERO_NCACN_HTTP:
  case PORTERO_NCADG_IP_UDP:
    (void)snprintf(b->endpoint, sizeof b->endpoint, "%u", (unsigned)t->port);
    return t->port != 0;
  case PORTERO_NCACN_NP:
  case PORTERO_NCALRPC:
  case PORTERO_NCACN_UNIX_STREAM:
    memcpy(b->endpoint, t->endpoint, sizeof b->endpoint);
    return t->endpoint[0] != '\0';
  case PORTERO_PROTSEQ_UNKNOWN:
    return false;
  }
  return false;
}

bool portero_binding_from_tower(const struct portero_tower *t, const char *host,
                                struct portero_binding *out_binding)
{
  bool is_local = t->protseq == PORTERO_NCALRPC || t->protseq == PORTERO_NCACN_UNIX_STREAM;
  size_t length = is_local ? 0 : strlen(host);
  struct portero_binding b;

  memset(&b, 0, sizeof b);
  b.protseq = t->protseq;
  if (length >= sizeof b.host || !endpoint_from_tower(t, &b))
    return false;
  memcpy(b.host, host, length);
  *out_binding = b;
  return true;
}

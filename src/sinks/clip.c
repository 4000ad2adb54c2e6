/* SPDX-License-Identifier: Apache-2.0 */
/* A peer must not be able to keep its records out of the book by making them too long. */
#include "src/sinks/sink.h"

static const char *clipped(const char *text, char buffer[CLIP_SIZE])
{
  size_t size;

  if (!text)
    return NULL;
  size = strnlen(text, CLIP_SIZE);
  if (size == CLIP_SIZE) {
    size = CLIP_SIZE - 4;
    while (size > 0 && ((uint8_t)text[size] & 0xc0) == 0x80 && size > CLIP_SIZE - 8)
      size--; /* not in the middle of a character */
    memcpy(buffer + size, "...", 3);
    memcpy(buffer, text, size);
    size += 3;
  } else {
    memcpy(buffer, text, size);
  }
  buffer[size] = 0;
  return buffer;
}

const struct portero_event *clip_event(struct clip *c, const struct portero_event *e)
{
  const char **const texts[] = {
      &c->e.interface_name, &c->e.operation,  &c->e.account, &c->e.domain,  &c->e.sid,
      &c->e.verdict,        &c->e.rule,       &c->e.reason,  &c->e.program, &c->e.unit,
      &c->e.binding,        &c->e.annotation,
  };
  const size_t n = sizeof texts / sizeof *texts;

  c->e = *e;
  for (size_t i = 0; i < n; i++)
    *texts[i] = clipped(*texts[i], c->texts[i]);
  c->e.n_tags = e->n_tags < CLIP_TAGS ? e->n_tags : CLIP_TAGS;
  for (size_t i = 0; i < c->e.n_tags; i++)
    c->tags[i] = clipped(e->tags[i], c->texts[n + i]);
  c->e.tags = c->tags;
  return &c->e;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sinks/sink.h"

const char *portero_form_name(enum portero_form form)
{
  static const char *const names[] = {
#define FORM_TEXT(name, text) text,
      PORTERO_FORM_LIST(FORM_TEXT)
#undef FORM_TEXT
  };

  return (unsigned)form < PORTERO_FORMS ? names[form] : "";
}

uint32_t form_kinds(enum portero_form form)
{
  switch (form) {
  case PORTERO_FORM_EVE:
    return 1u << PORTERO_EVENT_CALL | 1u << PORTERO_EVENT_BIND;
  case PORTERO_FORM_ZEEK:
    return 1u << PORTERO_EVENT_CALL;
  case PORTERO_FORM_RPCFW:
    return 1u << PORTERO_EVENT_REQUEST;
  case PORTERO_FORM_JSON:
  case PORTERO_FORM_ECS:
  case PORTERO_FORM_TEXT:
  case PORTERO_FORM_COLOUR:
  case PORTERO_FORM_SYSLOG:
  case PORTERO_FORM_JOURNAL:
  case PORTERO_FORMS:
    break;
  }
  return (1u << PORTERO_EVENT_KINDS) - 1;
}

/* [RFC6587] 3.4.1: the length in front, in as many digits as it needs; room for it was left there. */
#define FRAME_ROOM 8u

static void framed_write(const struct sink *s, struct portero_writer *w,
                         const struct portero_event *e)
{
  size_t start = w->size, length, at = FRAME_ROOM;
  char digits[FRAME_ROOM];

  portero_write_zeros(w, FRAME_ROOM);
  portero_event_write_syslog(w, e, &s->origin);
  if (w->failed)
    return;
  length = w->size - start - FRAME_ROOM;
  digits[--at] = ' ';
  for (size_t left = length; left > 0; left /= 10)
    digits[--at] = (char)('0' + left % 10);
  memcpy(w->base + start, digits + at, FRAME_ROOM - at);
  memmove(w->base + start + (FRAME_ROOM - at), w->base + start + FRAME_ROOM, length);
  w->size -= at;
}

void form_write(const struct sink *s, struct portero_writer *w, const struct portero_event *e)
{
  switch (s->form) {
  case PORTERO_FORM_JSON:
    portero_event_write_json(w, e);
    break;
  case PORTERO_FORM_ECS:
    portero_event_write_ecs(w, e);
    break;
  case PORTERO_FORM_EVE:
    portero_event_write_eve(w, e);
    break;
  case PORTERO_FORM_ZEEK:
    portero_event_write_zeek(w, e);
    break;
  case PORTERO_FORM_RPCFW:
    portero_event_write_rpcfw(w, e);
    break;
  case PORTERO_FORM_TEXT:
  case PORTERO_FORM_COLOUR:
    portero_event_write_text(w, e, s->form == PORTERO_FORM_COLOUR);
    break;
  case PORTERO_FORM_SYSLOG:
    if (s->framed)
      framed_write(s, w, e);
    else
      portero_event_write_syslog(w, e, &s->origin);
    break;
  case PORTERO_FORM_JOURNAL:
    journal_write(w, s, e);
    break;
  case PORTERO_FORMS:
    break;
  }
}

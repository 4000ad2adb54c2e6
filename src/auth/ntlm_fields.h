/* SPDX-License-Identifier: Apache-2.0 */
/* What the three messages have in common: how they begin, and fields that point into a payload. */
#ifndef PORTERO_AUTH_NTLM_FIELDS_H
#define PORTERO_AUTH_NTLM_FIELDS_H

#include <portero/bytes.h>

enum ntlm_message_type {
  NTLM_MESSAGE_NEGOTIATE = 1,
  NTLM_MESSAGE_CHALLENGE = 2,
  NTLM_MESSAGE_AUTHENTICATE = 3,
};

void ntlm_head_read(struct portero_reader *r, enum ntlm_message_type type);
void ntlm_head_write(struct portero_writer *w, enum ntlm_message_type type);

/* Length, allocated length, offset: what they point to must lie inside the message. */
struct portero_bytes ntlm_field_read(struct portero_reader *r, struct portero_bytes message,
                                     const char *what);
/* *at: where in the message the payload goes; moves on behind it. */
void ntlm_field_write(struct portero_writer *w, struct portero_bytes payload, size_t *at);

#endif

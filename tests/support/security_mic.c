/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/security_mic.h"

#include "tests/support/security_test.h"

#define TEXT_MAX 4096u

unsigned security_mic_restarts;
bool security_mic_wanted;

static struct portero_protected_pdu pdu_of(uint8_t *text, size_t size, uint8_t *value,
                                           size_t value_size)
{
  return (struct portero_protected_pdu){.pdu = text,
                                        .size = size,
                                        .data_size = size,
                                        .value = value,
                                        .value_size = value_size,
                                        .level = PORTERO_LEVEL_INTEGRITY};
}

static portero_status mic_make(struct portero_security *s, struct portero_bytes text,
                               struct portero_writer *out_mic)
{
  uint8_t copy[TEXT_MAX], *value = portero_writer_reserve(out_mic, SECURITY_TEST_VALUE_SIZE);
  struct portero_protected_pdu p = pdu_of(copy, text.size, value, SECURITY_TEST_VALUE_SIZE);

  if (!value || text.size > sizeof copy)
    return portero_local(PORTERO_LOCAL_LIMIT);
  memcpy(copy, text.data, text.size);
  return s->ops->protect(s, &p);
}

static portero_status mic_check(struct portero_security *s, struct portero_bytes text,
                                struct portero_bytes mic)
{
  uint8_t copy[TEXT_MAX], value[SECURITY_TEST_VALUE_SIZE];
  struct portero_protected_pdu p = pdu_of(copy, text.size, value, sizeof value);

  if (mic.size != sizeof value || text.size > sizeof copy)
    return portero_local(PORTERO_LOCAL_SECURITY);
  memcpy(copy, text.data, text.size);
  memcpy(value, mic.data, sizeof value);
  return s->ops->unprotect(s, &p);
}

static void mic_restart(struct portero_security *s)
{
  (void)s;
  security_mic_restarts++;
}

static bool mic_wanted(const struct portero_security *s)
{
  (void)s;
  return security_mic_wanted;
}

const struct auth_mic_ops security_mic_ops = {mic_make, mic_check, mic_restart, mic_wanted};

/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/hex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_INPUT ((size_t)64 << 20)

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)tolower((unsigned char)c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_between(char c)
{
  return isspace((unsigned char)c) || c == ':';
}

bool hex_parse(const char *text, uint8_t **out_bytes, size_t *out_size)
{
  uint8_t *bytes = malloc(strlen(text) / 2 + 1);
  size_t n = 0;

  while (bytes && *text) {
    int high, low;
    if (is_between(*text)) {
      text++;
      continue;
    }
    high = hex_digit(text[0]);
    low = high < 0 ? -1 : hex_digit(text[1]);
    if (low < 0) {
      free(bytes);
      return false;
    }
    bytes[n++] = (uint8_t)(high << 4 | low);
    text += 2;
  }
  *out_bytes = bytes;
  *out_size = n;
  return bytes != NULL;
}

char *text_or_input(const char *text)
{
  struct portero_writer w;
  char buffer[4096], *copy = NULL;
  size_t n;

  if (strcmp(text, "-") != 0)
    return strdup(text);
  portero_writer_init(&w, &portero_mem_malloc, MAX_INPUT);
  while ((n = fread(buffer, 1, sizeof buffer, stdin)) > 0)
    portero_write_bytes(&w, buffer, n);
  portero_write_u8(&w, 0);
  if (portero_is_ok(portero_writer_finish(&w)))
    copy = strdup((const char *)w.base);
  portero_writer_deinit(&w);
  return copy;
}

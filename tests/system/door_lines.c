/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/system/door_lines.h"

int door_lines_setup(void **state)
{
  return door_setup(state) || !lines_open(&door_book) ? -1 : 0;
}

int door_lines_teardown(void **state)
{
  int failed = door_teardown(state);

  lines_close();
  return failed;
}

void door_lines_end(void)
{
  portero_server_free(door_server);
  door_server = NULL;
  lines_read();
}

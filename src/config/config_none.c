/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files in a build without libyaml. */
#include <stdio.h>

#include "src/config/config.h"

portero_status config_read(struct config *c, const char *path, char *message, size_t size)
{
  (void)c;
  (void)snprintf(message, size, "%s: this portero was built without configuration files (libyaml)",
                 path);
  return portero_local(PORTERO_LOCAL_UNSUPPORTED);
}

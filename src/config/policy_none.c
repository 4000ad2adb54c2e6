/* SPDX-License-Identifier: Apache-2.0 */
/* Policy files in a build without libyaml. */
#include <stdio.h>

#include "src/config/policy_tree.h"

struct policy_node *policy_tree_read(struct policy_reader *r, struct portero_bytes text)
{
  (void)text;
  (void)policy_complain(r, 1, "", "this portero was built without policy files (libyaml)");
  return NULL;
}

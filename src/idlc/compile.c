/* SPDX-License-Identifier: Apache-2.0 */
#include "src/idlc/compile.h"

struct idlc_program *idlc_compile(struct idlc_sources *s, const char *path,
                                  const struct idlc_compile_options *options)
{
  static const struct idlc_compile_options plain;
  struct idlc_tree *tree;

  if (!options)
    options = &plain;
  tree = idlc_parse(s, path, &options->parse);
  if (!tree || !tree->main || idlc_hopeless(s))
    return NULL;
  return idlc_understand(s, tree, &options->program);
}

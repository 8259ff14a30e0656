/** What to do in Terraform after its accounts and tokens are managed here. */
import type { HandOver } from '../../model/import.ts';
import { printable } from '../escape.ts';
import { shellWord } from '../hint.ts';

export const HAND_OVER =
  'In Terraform 1.7 or later, put these blocks in the place of the resources, and apply them before anything else: Terraform then forgets the resources and destroys nothing. What refers to the resources, such as an output, goes too.';

/** The `removed` blocks, and commands for resources of which Terraform keeps other instances, as comments. */
export function removedBlocks(found: HandOver): string {
  const { resources, instances } = printable(found);
  const blocks = resources.map((from) => `removed {\n  from = ${from}\n\n  lifecycle {\n    destroy = false\n  }\n}\n`);
  const commands = instances.map((address) => `# terraform state rm ${shellWord(address)}\n`).join('');
  return [...blocks, ...(instances.length > 0 ? [`${KEPT}${commands}`] : [])].join('\n');
}

const KEPT =
  '# Other instances of these resources stay in Terraform. Let it forget these, and remove their keys from its configuration:\n';

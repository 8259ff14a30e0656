/** What to do in Terraform after its accounts and tokens are managed here. */
import type { HandOver, UnadoptedSecret } from '../../model/import.ts';
import type { Notice } from '../../model/notice.ts';
import { shellWord } from '../../model/shell.ts';
import { few } from '../../model/wording.ts';
import { printable } from '../escape.ts';

/** What to do with the `removed` blocks. @param username One that leaves Terraform, as an example. */
export function handOverText(username: string): string {
  return `In Terraform 1.7 or later, put these blocks in the place of the resources: Terraform then forgets them, and destroys nothing.
- Keep every other resource, because Terraform destroys what you remove. Where one refers to these, write the value: username = ${JSON.stringify(printable(username))}. Remove outputs.
- A resource that keeps the secret of a token, such as a kubernetes_secret, gets such a block too.
- terraform plan must say "0 to destroy". Then apply it before anything else.`;
}

/** Says why accounts have no `removed` block. */
export function stayingText(accounts: readonly string[]): string {
  const [one] = accounts;
  if (one === undefined) return '';
  const [stay, them] = accounts.length === 1 ? ['stays', 'it'] : ['stay', 'them'];
  return `${few(printable(accounts))} ${stay} in Terraform, because something of ${them} does, which refers to ${them}. Settle that, then import again.`;
}

/** The `removed` blocks, and commands for resources of which Terraform keeps other instances, as comments. */
export function removedBlocks(found: HandOver): string {
  const { resources, instances } = printable(found);
  const blocks = resources.map((from) => `removed {\n  from = ${from}\n\n  lifecycle {\n    destroy = false\n  }\n}\n`);
  const commands = instances.map((address) => `# terraform state rm ${shellWord(address)}\n`).join('');
  return [...blocks, ...(instances.length > 0 ? [`${KEPT}${commands}`] : [])].join('\n');
}

const KEPT =
  '# Other instances of these resources stay in Terraform. Let it forget these, and remove their keys from its configuration:\n';

/** Words why secrets are not adopted: one notice for each kind. */
export function unadoptedTexts(unadopted: readonly UnadoptedSecret[]): Notice[] {
  const kinds = ['missing', 'other', 'other_time', 'replaced'] as const;
  return kinds.flatMap((kind) => {
    const names = unadopted.filter((each) => each.kind === kind).map(({ name }) => name);
    const hint = { text: 'Rotate it to have a new one stored.', command: ['rotate', names[0] ?? ''] };
    return names.length === 0 ? [] : [{ message: `${WHY[kind]}: ${few(names)}`, hint }];
  });
}

const WHY = {
  missing: 'Terraform does not have the secrets of these tokens, which it imported itself',
  other:
    'what Terraform has as the secrets of these tokens belongs to other users or types of tokens, and is not stored',
  other_time:
    'what Terraform has as the secrets of these tokens expired, or was made at another time than they were, and is not stored',
  replaced: 'these tokens replaced others whose secrets may be in use, so theirs are not stored',
} satisfies Record<UnadoptedSecret['kind'], string>;

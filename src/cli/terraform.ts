/** `import --terraform`: adopts the secrets that Terraform has, and hands its resources over. */
import {
  type ChosenSecrets,
  chooseSecrets,
  type KeptToken,
  type SecretAdoption,
  type SecretAdoptionInput,
} from '../engine/adopt-secrets.ts';
import { refuseTrackedLinks } from '../files/links.ts';
import { readText, whyUnreadable } from '../files/read-text.ts';
import { parseTerraformState, pullCommand, type TerraformInstance } from '../import/terraform-state.ts';
import { defined } from '../model/defined.ts';
import type { HandOver } from '../model/import.ts';
import { shellWord } from '../model/shell.ts';
import { UserError } from '../model/user-error.ts';
import { counted } from '../model/wording.ts';
import { handOverText, removedBlocks, stayingText, unadoptedTexts } from '../report/import/terraform.ts';
import type { Io } from './io.ts';

/** What an import has of Terraform. */
export interface FromTerraform {
  /** The file with its state, as the user named it. */
  readonly file: string;
  readonly instances: readonly TerraformInstance[];
  /** With --adopt-secrets. */
  readonly adoptsSecrets: boolean;
}

/** Reads what Terraform manages from a file with its state. @throws UserError TERRAFORM_STATE_INVALID, LINK_REFUSED */
export async function readTerraform(file: string): Promise<readonly TerraformInstance[]> {
  await refuseTrackedLinks(file);
  const text = await readText(file).catch((cause) => {
    const hint = `Write the state to a file: ${pullCommand(file)}`;
    throw new UserError('TERRAFORM_STATE_INVALID', `${file} cannot be read: ${whyUnreadable(cause)}`, hint, { cause });
  });
  if (text !== undefined) return parseTerraformState(text, file);
  // Terraform reads a file of this name, which the shell would empty first.
  const isItsOwn = /(^|[/\\])terraform\.tfstate$/i.test(file);
  const command = isItsOwn ? pullCommand(file) : `terraform state pull > ${shellWord(file)}`;
  const hint = `Write it in the folder of the Terraform configuration: ${command}`;
  throw new UserError('TERRAFORM_STATE_INVALID', `${file} does not exist`, hint);
}

/** Chooses the secrets to adopt, and warns of those that are not adopted. */
export function secretsToAdopt(from: FromTerraform | undefined, input: SecretAdoptionInput, io: Io): ChosenSecrets {
  if (from === undefined) return { adoptions: [], unadopted: [] };
  const chosen = chooseSecrets(from.instances.flatMap(keptToken), input);
  if (from.adoptsSecrets) {
    for (const { message, hint } of unadoptedTexts(chosen.unadopted)) io.warn(message, hint);
    return chosen;
  }
  const { length } = chosen.adoptions;
  if (length > 0) {
    const message = `the secrets of ${counted(length, 'token')} may be in Terraform alone, which forgets them with the removed blocks`;
    const command = ['import', '--terraform', from.file, '--adopt-secrets'];
    io.warn(message, { text: 'Store them here too.', command });
  }
  return { adoptions: [], unadopted: [] };
}

/** The ids of tokens whose secrets Terraform alone has: it must not forget them yet. */
export function onlyInTerraform(
  { adoptions, unadopted }: ChosenSecrets,
  stored: readonly SecretAdoption[],
): ReadonlySet<string> {
  const failed = adoptions.filter((each) => !stored.includes(each)).map(({ token }) => token.id);
  return new Set([...failed, ...unadopted.flatMap(({ kind, id }) => (kind === 'replaced' ? [id] : []))]);
}

function keptToken({ username, token, unfit }: TerraformInstance): KeptToken[] {
  if (token === undefined || unfit !== undefined) return [];
  return [{ username, id: token.id, ...defined({ secret: token.secret }) }];
}

/** Shows what to do in Terraform, whose next apply would otherwise change what is managed here. */
export function showHandOver(found: HandOver, instances: readonly TerraformInstance[], io: Io): void {
  if (found.accounts.length > 0) io.note(`\n${stayingText(found.accounts)}`);
  const example = instances.find(
    ({ resource, address }) => found.resources.includes(resource) || found.instances.includes(address),
  );
  if (example === undefined) return;
  io.note(`\n${handOverText(example.username)}`);
  io.result(`\n${removedBlocks(found)}`);
}

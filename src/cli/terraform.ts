/** What import --terraform does beside an import: it takes the secrets that Terraform has, and hands over what it manages. */
import { type ChosenSecrets, chooseSecrets, type KeptToken, type TakingInput } from '../apply/take-secrets.ts';
import { refuseTrackedLinks } from '../files/links.ts';
import { readText, whyUnreadable } from '../files/read-text.ts';
import type { TerraformInstance } from '../import/terraform-state.ts';
import { parseTerraformState } from '../import/terraform-state.ts';
import type { HandOver } from '../model/import.ts';
import { UserError } from '../model/user-error.ts';
import { counted } from '../model/wording.ts';
import { hintText } from '../report/hint.ts';
import { HAND_OVER, removedBlocks, untakenTexts } from '../report/import/terraform.ts';
import { unbroken } from '../report/terminal-text.ts';
import type { Io } from './io.ts';

/** What an import has of Terraform. */
export interface FromTerraform {
  /** The file with its state, as the user named it. */
  readonly file: string;
  readonly instances: readonly TerraformInstance[];
  /** With --take-secrets. */
  readonly takesSecrets: boolean;
}

/** Reads what Terraform manages from a file with its state. @throws UserError TERRAFORM_STATE_INVALID, LINK_REFUSED */
export async function readTerraform(file: string): Promise<readonly TerraformInstance[]> {
  await refuseTrackedLinks(file);
  const text = await readText(file).catch((cause) => {
    const hint = 'Write the state to a file: terraform state pull > terraform.tfstate';
    throw new UserError('TERRAFORM_STATE_INVALID', `${file} cannot be read: ${whyUnreadable(cause)}`, hint, { cause });
  });
  if (text !== undefined) return parseTerraformState(text, file);
  const hint = 'Write it in the folder of the Terraform configuration: terraform state pull > terraform.tfstate';
  throw new UserError('TERRAFORM_STATE_INVALID', `${file} does not exist`, hint);
}

/** Chooses the secrets to take, and says what is not taken. */
export function secretsToTake(from: FromTerraform | undefined, input: TakingInput, io: Io): ChosenSecrets['taking'] {
  if (from === undefined) return [];
  const { taking, untaken } = chooseSecrets(from.instances.flatMap(keptToken), input);
  if (from.takesSecrets) {
    for (const { message, hint } of untakenTexts(untaken)) io.warn(message, hint);
    return taking;
  }
  if (taking.length > 0) {
    const text = `Terraform has the secrets of ${counted(taking.length, 'token')}. To store them too:`;
    const command = ['import', '--terraform', from.file, '--take-secrets'];
    io.note(hintText({ text, command }, io.inContext, unbroken));
  }
  return [];
}

function keptToken({ username, token, unfit }: TerraformInstance): KeptToken[] {
  if (token === undefined || unfit !== undefined) return [];
  return [{ username, id: token.id, ...(token.secret === undefined ? {} : { secret: token.secret }) }];
}

/** Shows what to do in Terraform, whose next apply would otherwise change what is managed here. */
export function showHandOver(found: HandOver, io: Io): void {
  if (found.resources.length + found.instances.length === 0) return;
  io.note(`\n${HAND_OVER}`);
  io.result(`\n${removedBlocks(found)}`);
}

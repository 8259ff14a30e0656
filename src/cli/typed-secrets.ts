/** A secret that was typed as a word of a command: no command may send or print it. */
import { isTypedCredential } from '../model/credential.ts';
import { UserError } from '../model/user-error.ts';

/** Refuses words of a command that have the form of a secret, without showing them. @throws UserError USAGE */
export function refuseTypedSecrets(words: readonly string[]): void {
  if (!words.some(isTypedCredential)) return;
  throw new UserError(
    'USAGE',
    'a secret was typed as a word of the command, where only names belong; it was not used',
    'It is now in the history of your shell: remove it there. If it leaked, docs/leaked-token.md says how to find the name of the token, and how to replace it by that name.',
  );
}

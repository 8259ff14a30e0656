/** Why a file store cannot do something, and what to do about it. */
import { LockedError } from '../../../files/lock.ts';
import { moveAside } from '../../../files/move-aside.ts';
import { shownRelativePath } from '../../../files/paths.ts';
import { NotTextError } from '../../../files/read-text.ts';
import { errnoOf, isDiskFull, isMountPoint } from '../../../files/system-errors.ts';
import { UserError } from '../../../model/user-error.ts';
import { few } from '../../../model/wording.ts';
import type { NewSecret, SecretTarget } from '../../store.ts';
import { LockPathError } from './change-file.ts';
import type { FileStoreConfig } from './check-file.ts';
import { secretPathIn } from './secret-paths.ts';
import { NotASecretsFile, UnquotableError } from './secrets-text.ts';

/** Two tokens of a run have the same variable; the message names the other token. */
export class TakenError extends Error {}

/** A sandbox run must not overwrite a real secret, which MotherDuck does not show again. */
export class RealSecretError extends Error {}

/** The error for values that the state did not write at the secret paths of new secrets. */
export function foreignSecrets(
  config: FileStoreConfig,
  targets: readonly SecretTarget[],
  { areOfSandbox = false, readOnly = false } = {},
): UserError {
  const paths = few(targets.map((target) => secretPathIn(config, target)));
  const [has, it] = targets.length === 1 ? ['has a value', 'it'] : ['have values', 'them'];
  const so = readOnly ? 'apply refuses to store anything there' : 'nothing was stored there';
  const message = `${paths} already ${has} that this state did not write, so ${so}`;
  const other = `name another \`path\` in the secret store ${config.name}`;
  const isShared = targets.some((target) => target.isShared);
  const isSandbox = targets.some((target) => target.isSandbox);
  const lost = `If the state was lost, the token forgotten, or its own secret put there by hand, set \`overwrite: true\` on the secret store ${config.name} to replace ${it}.`;
  const aside =
    areOfSandbox && !isShared
      ? ` If an earlier sandbox stored there, move the file aside: ${moveAside(config.path)}`
      : '';
  const hint = areOfSandbox
    ? `${lost} If another configuration of this sandbox stores there, ${other}.${aside}`
    : isSandbox
      ? `Use the sandbox in a copy of the folder, or ${other}. If nothing reads ${it}, set \`overwrite: true\` on it to replace ${it}.`
      : `${lost} If something else reads ${it}, ${other}; if nothing does, move ${it} away.`;
  return new UserError('STORE_FOREIGN', message, hint, { location: config.location });
}

/** The message has only the system's code, and no cause is kept, because the file contains secrets. */
export function failed(config: FileStoreConfig, { account, token }: NewSecret, error: unknown): UserError {
  if (error instanceof UserError && error.code === 'STORE_FOREIGN') return error;
  const [why, hint] = reasonOf(config, error);
  const message = `the secret of ${account}/${token} could not be written to ${config.shownPath}: ${why}`;
  return new UserError('STORE_FAILED', message, hint, { location: config.location });
}

/** Words why the file cannot be used, and what to do. */
export function reasonOf(config: FileStoreConfig, error: unknown): [why: string, hint: string] {
  const again = 'then run the command again.';
  if (error instanceof LockedError) {
    const by = error.holder === undefined ? 'another process' : `process ${error.holder.pid} on ${error.holder.host}`;
    return [`it is locked by ${by}`, `If that process has ended, remove ${error.path}, ${again}`];
  }
  if (error instanceof LockPathError) {
    return [`its lock ${shownRelativePath(error.message)} is not a file`, `Move that away, ${again}`];
  }
  if (error instanceof TakenError) {
    const why = `its variable is the same as that of ${error.message}`;
    return [why, `Set \`format: json\` for the secret store ${config.name}, or rename one of the tokens, ${again}`];
  }
  if (error instanceof RealSecretError) {
    const hint = 'Use the sandbox in a copy of the folder, or with another path for the store.';
    return ['the sandbox would overwrite a real secret', hint];
  }
  if (error instanceof UnquotableError) {
    const why = 'the secret has characters that dotenv readers treat differently';
    return [why, `Set \`format: json\` for the secret store ${config.name}, ${again}`];
  }
  if (error instanceof NotASecretsFile) return [error.message, `Fix the file, or restore it from a backup, ${again}`];
  if (error instanceof NotTextError)
    return ['it is not UTF-8 text', `Fix the file, or restore it from a backup, ${again}`];
  if (error instanceof UserError) return [error.message, error.hint.text];
  const code = errnoOf(error);
  if (isMountPoint(error))
    return ['it is mounted by itself, so no new file can take its place (EBUSY)', `Mount its folder instead, ${again}`];
  if (isDiskFull(error)) return [code ?? 'failed', `Free space on its disk, ${again}`];
  const immutable = code === 'EPERM' ? ', and check that it is not immutable (lsattr)' : '';
  return [code ?? 'failed', `Give this user write access to it and its folder${immutable}, ${again}`];
}

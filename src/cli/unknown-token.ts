/** A token that was named to rotate and is not in the configuration: it may have leaked, so MotherDuck is asked whether it is live. */

import { existsSync } from 'node:fs';
import { openServiceFor, openStateOf } from '../engine/open-state.ts';
import { UnknownToken } from '../engine/rotation-selection.ts';
import { type OpenedService, type OpenServiceOptions, sandboxFolder } from '../engine/service.ts';
import { backendContext, backendOf } from '../engine/state-location.ts';
import type { Desired } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { ConfigOptions } from './configuration.ts';
import type { Io } from './io.ts';

/** Selects tokens. @throws UserError USAGE, which says of one that is live and not managed what to do about it */
export async function orUnmanaged<T>(
  select: () => T,
  desired: Desired,
  options: ConfigOptions & OpenServiceOptions,
  io: Io,
): Promise<T> {
  try {
    return select();
  } catch (error) {
    if (!(error instanceof UnknownToken)) throw error;
    throw (await explained(error, desired, options, io).catch(() => undefined)) ?? error;
  }
}

async function explained(unknown: UnknownToken, desired: Desired, options: ConfigOptions & OpenServiceOptions, io: Io) {
  // For a typing error, no sandbox is created.
  if (options.sandbox && !existsSync(sandboxFolder(options, io.env))) return undefined;
  const service = await openServiceFor(options, desired, io);
  try {
    const backend = await backendOf(options, desired.state, backendContext(options, io));
    const { stateWriter } = await openStateOf(backend, options, desired, service);
    const { state } = stateWriter;
    return ofManaged(unknown, desired, state) ?? (await ofLive(unknown, state, service));
  } finally {
    await service.close();
  }
}

/** The name at MotherDuck of a managed token, which is rotated by its key. */
function ofManaged({ account, token }: UnknownToken, desired: Desired, { accounts }: State): UserError | undefined {
  const entries = [...(accounts.get(accountKey(account))?.tokens ?? [])];
  const isOf = (names: readonly ({ readonly name: string } | undefined)[]) =>
    names.some((each) => each?.name === token);
  const [key] = entries.find(([, { current, retiring }]) => isOf([current, ...retiring])) ?? [];
  if (key === undefined || !desired.accounts.get(accountKey(account))?.tokens.has(key)) return undefined;
  return new UserError('USAGE', `"${token}" is the name at MotherDuck of ${account}/${key}`, {
    text: 'Name the key of the configuration.',
    command: ['rotate', entryName({ account, token: key })],
  });
}

async function ofLive({ account, token }: UnknownToken, { accounts }: State, { api }: OpenedService) {
  const managed = accounts.get(accountKey(account));
  if (token === undefined && managed !== undefined) return undefined;
  const tokens = await api.listTokens(account);
  if (managed?.tokens.has(token ?? '')) return undefined;
  if (token !== undefined && !tokens.some(({ name }) => name === token)) return undefined;
  const what = entryName({ account, token });
  return new UserError('USAGE', `${what} is live at MotherDuck, and mdacc does not manage it, so it cannot rotate it`, {
    text: `If it leaked, revoke ${token === undefined ? 'its tokens' : 'it'} at MotherDuck, under Settings. To manage it from now on, import it and rotate then.`,
    command: ['import', what],
  });
}

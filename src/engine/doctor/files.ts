/** Checks of what is on this side: configuration, state, lock and secret stores. */
import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidConfiguration } from '../../config/errors.ts';
import { DEFAULT_CONFIG } from '../../model/defaults.ts';
import type { SecretStoreConfig } from '../../model/desired.ts';
import type { State } from '../../model/state.ts';
import { UserError } from '../../model/user-error.ts';
import { counted } from '../../model/wording.ts';
import type { SecretStore, SecretTarget } from '../../secrets/store.ts';
import { storesFor } from '../planning.ts';
import { configuredTargets, refusalOf } from '../store-checks.ts';
import { type Check, errorOf, type Finding, failed, ok, settled, skipped, warning } from './examination.ts';

const configuration: Check = {
  name: 'configuration',
  async run(examination) {
    const { config } = examination.options;
    const error = await errorOf(examination.configuration());
    if (error instanceof InvalidConfiguration) {
      const [first] = error.diagnostics;
      const at = first && `${first.file}:${first.line}:${first.column}: ${first.message}`;
      const count = counted(error.diagnostics.length, 'error');
      const hint = { text: 'Show all of them.', command: ['validate'] };
      return failed({ code: error.code, message: `${config} has ${count}${at === undefined ? '' : `: ${at}`}`, hint });
    }
    if (error?.code === 'CONFIG_NOT_FOUND' && config === DEFAULT_CONFIG) {
      return skipped(`there is no ${config}, so its stores are not checked`, { text: 'Write one.', command: ['init'] });
    }
    if (error !== undefined) return failed(error);
    const { accounts, organization } = await examination.configuration();
    return ok(`${config}: ${counted(accounts.size, 'account')} of ${organization}`);
  },
};

/** Before the first apply. */
const EMPTY_STATE: Omit<State, 'organization'> = {
  lineage: '',
  serial: 0,
  sandbox: false,
  accounts: new Map(),
  runs: [],
};

const state: Check = {
  name: 'state',
  async run(examination) {
    const { backend, state: read, migratedFrom } = await examination.state();
    const kind = backend.file === undefined ? '' : ' (kind file)';
    await refuseUnwritable(backend.file);
    if (read === undefined) return ok(`there is none yet; the first apply writes ${backend.name}${kind}`);
    const old =
      migratedFrom === undefined ? '' : `, of the older version ${migratedFrom}: the next apply writes the present one`;
    const sandbox = read.sandbox ? ', of a sandbox' : '';
    return ok(
      `${backend.name}${kind}: ${counted(read.accounts.size, 'account')}, serial ${read.serial}${sandbox}${old}`,
    );
  },
};

async function refuseUnwritable(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  for (const path of [dirname(file), ...(existsSync(file) ? [file] : [])]) {
    await access(path, constants.W_OK).catch(() => {
      throw new UserError(
        'STATE_UNWRITABLE',
        `${path} cannot be written`,
        'Give this user write access to it, or name another file with --state.',
      );
    });
  }
}

const lock: Check = {
  name: 'lock',
  async run(examination) {
    const opened = await settled(examination.state());
    if (opened === undefined) return skipped('needs the state');
    const { backend } = opened;
    const refusal = await backend.refusal();
    if (refusal === undefined) return ok('no run holds it');
    return failed(refusal);
  },
};

const stores: Check = {
  name: 'stores',
  async run(examination) {
    const desired = await settled(examination.configuration());
    if (desired === undefined) return skipped('needs a configuration without errors');
    const service = await settled(examination.service());
    // Without an organization it may be a sandbox, where programs are not run.
    const isSandbox =
      service?.isSandbox ?? (examination.options.sandbox || examination.env.MDACC_SANDBOX !== undefined);
    const opened = storesFor(desired, { ...service, isSandbox });
    if (opened.size === 0) return skipped('the configuration has none');
    const state = await settled(
      examination.state().then(({ state }) => state ?? { ...EMPTY_STATE, organization: desired.organization }),
    );
    const { all, later } = configuredTargets({ desired, state, stores: opened, isSandbox });
    return Promise.all(
      [...opened].map(async ([name, store]) => ({
        name: 'store' as const,
        subject: name,
        ...(await checkStore(store, desired.stores.get(name), all.get(name), later.get(name))),
      })),
    );
  },
};

async function checkStore(
  store: SecretStore,
  config: SecretStoreConfig | undefined,
  targets: readonly SecretTarget[] = [],
  later: readonly SecretTarget[] = [],
): Promise<Finding> {
  const error = await refusalOf(store, targets);
  if (error !== undefined) return failed(error);
  // The next apply stores nothing there; a rotation does.
  const refusal = later.length === 0 ? undefined : await refusalOf(store, later);
  if (refusal !== undefined) return warning(refusal.message, refusal.hint);
  return ok(store.rehearsedIn ? `rehearsed in ${store.rehearsedIn}` : `can store secrets (kind ${config?.kind})`);
}

export const FILES: readonly Check[] = [configuration, state, lock, stores];

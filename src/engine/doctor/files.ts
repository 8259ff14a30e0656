/** Checks of the configuration, the state, its lock and the secret stores. */
import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidConfiguration } from '../../config/errors.ts';
import { adoptingActions, storingActions } from '../../model/action.ts';
import { DEFAULT_CONFIG } from '../../model/defaults.ts';
import type { DesiredToken, SecretStoreConfig } from '../../model/desired.ts';
import { entryName } from '../../model/entry-name.ts';
import type { TokenAddress } from '../../model/secret.ts';
import { emptyState, type State } from '../../model/state.ts';
import { UserError } from '../../model/user-error.ts';
import { accountKey } from '../../model/username.ts';
import { counted } from '../../model/wording.ts';
import { withStoreNames } from '../../secrets/renamed-stores.ts';
import { storeRefusal, type TargetInput } from '../../secrets/secret-targets.ts';
import type { SecretStore } from '../../secrets/store.ts';
import { noticeText } from '../../wording/notices.ts';
import { planNow, storesFor } from '../planning.ts';
import { type ConfiguredTargets, configuredTargets, foreignIn } from '../store-checks.ts';
import { storesOfMachine } from '../store-contents.ts';
import {
  type Check,
  type CheckResult,
  type Examination,
  errorOf,
  failed,
  ok,
  settled,
  skipped,
  warning,
} from './examination.ts';

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
    const { realStores } = examination.options;
    const opened = storesFor(desired, { ...service, env: examination.env, isSandbox }, realStores);
    if (opened.size === 0) return skipped('the configuration has none');
    const state = await settled(
      examination
        .state()
        .then(({ state }) => state ?? emptyState({ organization: desired.organization, sandbox: isSandbox })),
    );
    const input = { desired, state: state && withStoreNames(state, opened).state, stores: opened, isSandbox };
    const known = configuredTargets(input);
    const ofMachine = storesOfMachine(desired, state ?? { runs: [] });
    // What is live decides which tokens an apply stores: it is read where a value is in the way.
    let read: Promise<ConfiguredTargets> | undefined;
    const planned = () => {
      read ??= settled(targetsByPlan(examination, input, known)).then((targets) => targets ?? known);
      return read;
    };
    return Promise.all(
      [...opened].map(async ([name, store]) => ({
        name: 'store' as const,
        subject: name,
        ...withMachine(await checkStore(store, desired.stores.get(name), known, planned), ofMachine.has(name)),
      })),
    );
  },
};

/** The targets, told apart by the plan of the next apply. @throws UserError when it cannot be made */
async function targetsByPlan(
  examination: Examination,
  { state, ...input }: Omit<TargetInput, 'state'> & { readonly state: State | undefined },
  { all }: ConfiguredTargets,
): Promise<ConfiguredTargets | undefined> {
  if (state === undefined) return undefined;
  const service = await examination.service();
  const first = [...all.values()].flat().filter(({ isFirst }) => isFirst);
  const only = [...new Set(first.map(({ account }) => account))];
  const { parallelism, realStores = false } = examination.options;
  const options = { only, parallelism, realStores, others: [], allowMissing: true };
  const { plan } = await planNow(input.desired, state, service, options, { warn: () => undefined });
  const nameOf = ({ account, token }: TokenAddress) => entryName({ account: accountKey(account), token });
  const stored = new Set(storingActions(plan.actions).map(nameOf));
  const isLater = (account: string, { key }: DesiredToken) => !stored.has(nameOf({ account, token: key }));
  return configuredTargets({ ...input, state, adopted: adoptingActions(plan.actions) }, undefined, isLater);
}

async function checkStore(
  store: SecretStore,
  config: SecretStoreConfig | undefined,
  known: ConfiguredTargets,
  planned: () => Promise<ConfiguredTargets>,
): Promise<CheckResult> {
  const broken = await store.missingProgram?.();
  if (broken !== undefined) return failed(broken);
  const refusal = await storeRefusal(store, known.all.get(store.name), { readOnly: true });
  const { all, later } = refusal?.code === 'STORE_FOREIGN' ? await planned() : known;
  const error = all === known.all ? refusal : await storeRefusal(store, all.get(store.name), { readOnly: true });
  if (error !== undefined) return failed(error);
  // The next apply stores nothing there; a later one does.
  const rest = later.get(store.name) ?? [];
  const laterRefusal = rest.length === 0 ? undefined : await storeRefusal(store, rest, { readOnly: true });
  if (laterRefusal?.code === 'STORE_FOREIGN') {
    const foreign = await foreignIn(store, rest);
    const tokens = foreign.map(entryName);
    const paths = foreign.map((address) => store.secretPath(address));
    const notice = { kind: 'secret_unknown', store: store.name, tokens, secret_paths: paths } as const;
    const { message, hint } = noticeText(notice);
    return warning(message, hint);
  }
  if (laterRefusal !== undefined) return warning(laterRefusal.message, laterRefusal.hint);
  return ok(
    store.rehearsedIn
      ? `rehearsed in ${store.rehearsedIn}; its commands were not run (--real-stores runs its check)`
      : `can store secrets (kind ${config?.kind})`,
  );
}

/** Warns of a usable store whose file is on this machine, while the state is shared with other machines. */
function withMachine(finding: CheckResult, isOfMachine: boolean): CheckResult {
  if (finding.status !== 'ok' || !isOfMachine) return finding;
  return warning(
    'it is a file of this machine, and the state is shared: only the machine that stores a secret has it, and the others keep the secret of a revoked token',
    { text: 'Choose a store that all machines reach, or apply on one machine alone (docs/shared-state.md).' },
  );
}

export const FILES: readonly Check[] = [configuration, state, lock, stores];

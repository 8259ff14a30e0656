/** Programs that use the library, and the compiler to check them with the installed types. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../in-process.ts';

export const CONSUMER = `
import * as mdacc from 'motherduck-accounts';
import type { Action, Audit, Desired, Live, Plan, Secret, SecretStore, Service, State } from 'motherduck-accounts';

const stored = new Map<string, string>();
const store: SecretStore = {
  name: 'local',
  secretPath: ({ account, token }) => account + '/' + token,
  check: async () => {},
  put: async ({ account, token, generation }, secret: Secret) => {
    stored.set(account + '/' + token + '#' + generation, secret.reveal());
  },
};

export async function everything(signal: AbortSignal): Promise<Audit> {
  const { desired, warnings } = await mdacc.loadConfig('accounts.yaml', { env: { A: 'b' } });
  const service: Service = await mdacc.openService({ token: 't', parallelism: 4, timeout: 10, debug: console.error });
  const state = await mdacc.openState({ desired, service, wait: 5, signal });
  const stores = new Map([...mdacc.openStores(desired), ['local', store]]);
  const live: Live = await mdacc.readLive({ desired, state, service, only: ['etl_*'] });
  const plan: Plan = mdacc.plan({ desired, live, state, service, stores, only: ['etl_*'], prune: true });
  const kinds: Action['action'][] = plan.actions.map((action) => action.action);
  const { outcomes } = await mdacc.apply({
    plan, desired, live, state, service, stores, signal, smoke: false, allowDelete: true,
    onEvent: (event) => console.log(event.kind, kinds, warnings[0]?.line),
  });
  const failed = outcomes.filter(({ result }) => result === 'failed').map(({ error }) => error?.hint.text);
  console.log(failed, mdacc.renderPlan(plan, 'markdown'), mdacc.hasChanges(plan));
  const seen: State = await mdacc.readState({ desired, service });
  const users: number = (await service.api.listUsers()).users.length;
  console.log(users, service.isSandbox);
  return mdacc.audit({ desired, state: seen, service, idle: 30 * 86_400 });
}

export function report(error: unknown, desired: Desired): string {
  if (error instanceof mdacc.InvalidConfiguration) return error.diagnostics.map(({ file, line }) => file + line).join();
  if (error instanceof mdacc.UserError && error.code === 'STATE_LOCKED') return error.hint.text;
  return desired.organization;
}

// @ts-expect-error A secret cannot be made.
new mdacc.Secret('text');
// @ts-expect-error What is within a service is not for others.
export const inner = (service: Service) => service.opened;
// @ts-expect-error There is no such format.
export const wrong = (plan: Plan) => mdacc.renderPlan(plan, 'sarif');
`;

/** A CommonJS program that loads the library in both ways, and prints what it found as JSON. */
export const BOTH = `
const required = require('motherduck-accounts');
async function main() {
  const imported = await import('motherduck-accounts');
  const names = Object.keys(required);
  const isSame = names.length > 10 && names.every((name) => required[name] === imported[name]);
  const error = await required.loadConfig('missing.yaml').catch((reason) => reason);
  const { desired } = await required.loadConfig();
  const service = await required.openService({ sandbox: '.motherduck-sandbox' });
  const state = await required.readState({ desired, service });
  const live = await required.readLive({ desired, state, service });
  const plan = required.renderPlan(required.plan({ desired, live, state, service }), 'text');
  await service.close();
  console.log(JSON.stringify({ isSame, code: error instanceof imported.UserError && error.code, plan }));
}
main();
`;

export interface Example {
  /** The function that it shows. */
  readonly name: string;
  /** A TypeScript module. */
  readonly text: string;
}

/** The `@example` of each function that a declaration file declares. */
export function examplesIn(declarations: string): Example[] {
  const comments = declarations.matchAll(/^\/\*\*\n((?: \*.*\n)+?) \*\/\nexport declare function (\w+)/gm);
  return [...comments].flatMap(([, comment = '', name = '']) => {
    const block = /^ \* @example\n \* ```ts\n((?: \*.*\n)+?) \* ```$/m.exec(comment);
    return block === null ? [] : [{ name, text: (block[1] ?? '').replaceAll(/^ \* ?/gm, '') }];
  });
}

/** Compiles these files of the folder, with the declarations themselves checked. Gives what the compiler says. */
export async function compile(folder: string, files: readonly string[], resolution: string): Promise<string> {
  const compilerOptions = {
    target: 'es2023',
    module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
    moduleResolution: resolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: [path.join(ROOT, 'node_modules/@types')],
  };
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  return promisify(execFile)(process.execPath, [tsc, '--project', folder, '--pretty', 'false']).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
}

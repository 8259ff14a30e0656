/** `mdacc sandbox serve|reset|seed|advance|connect`: the embedded organization, for rehearsals and tests. */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ConfigOptions } from '../cli/configuration.ts';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import type { Io, OutputOptions } from '../cli/io.ts';
import { noteNewSandbox, sandboxFolder } from '../engine/service.ts';
import { statePath } from '../engine/state-location.ts';
import { PROGRAM_VARIABLES, tokenIn } from '../engine/token-variables.ts';
import { leaveSandboxCommand } from '../files/move-aside.ts';
import { shownPath, shownRelativePath } from '../files/paths.ts';
import { CONNECT_SECONDS } from '../model/defaults.ts';
import { defined } from '../model/defined.ts';
import { Secret } from '../model/secret.ts';
import { shellWord } from '../model/shell.ts';
import { secretFilesOf } from '../model/state.ts';
import { formatDuration, type Seconds, showTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import { counted } from '../model/wording.ts';
import { probeRunner } from '../motherduck/probe-process.ts';
import { unbroken } from '../report/terminal-text.ts';
import { sandboxConnector } from '../sandbox/connector.ts';
import { openSandbox, resetSandbox } from '../sandbox/open.ts';
import type { Organization } from '../sandbox/organization.ts';
import { serve as serveOrganization } from '../sandbox/server.ts';
import { SETTING_NAMES, SETTINGS, SETTINGS_FILE, type Settings } from '../sandbox/settings.ts';
import { saveSettings } from '../sandbox/settings-file.ts';
import { fileBackend } from '../state/kinds/file/backend.ts';
import { openAnyState } from '../state/opened-state.ts';

interface SandboxOptions extends OutputOptions, ConfigOptions {
  readonly sandboxDir?: string;
}

interface ServeOptions extends SandboxOptions {
  readonly port: number;
  /** Milliseconds. */
  readonly latency?: number;
  readonly fail?: number;
  readonly rateLimit?: number;
  readonly export?: boolean;
}

/** Serves until it is interrupted. It is ready when the three variables are printed. */
export function serve(options: ServeOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const given = io.env.MOTHERDUCK_ADMIN_TOKEN?.trim();
    const folder = sandboxFolder(options, io.env);
    const typed = typedSettings(options);
    const organization = await openSandbox(folder, { ...typed, ...(given ? { adminToken: new Secret(given) } : {}) });
    const token = given ? given : organization.newAdminToken().reveal();
    // The connections of other programs to this sandbox must find the same organization.
    await saveSettings(folder, typed);
    const server = await serveOrganization({
      organization,
      port: options.port,
      ...defined({ latency: options.latency, failRate: options.fail, rateLimit: options.rateLimit }),
    });
    // The token gives access to this sandbox only, and only while it is served.
    const variables = {
      MOTHERDUCK_API_URL: server.url,
      MOTHERDUCK_ADMIN_TOKEN: token,
      MDACC_SANDBOX: shownPath(folder),
    };
    const lines = Object.entries(variables).map(([name, value]) =>
      options.export ? `export ${name}=${shellWord(value, 'linux')}\n` : `${name}=${value}\n`,
    );
    // A server whose address could not be printed is of no use; one whose address was read may be in use.
    const lost = new Promise<void>((resolve) => {
      process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => code !== 'EPIPE' && resolve());
    });
    const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), lost]);
    io.result(lines.join(''));
    const differing = differingSettings(organization.settings);
    if (differing !== '') io.note(`Its settings, in ${shownRelativePath(join(folder, SETTINGS_FILE))}: ${differing}.`);
    const then = options.export ? '.' : ', then type:';
    io.note(`This is a sandbox, not MotherDuck. Ctrl-C ends it. In another terminal, paste these lines${then}`);
    if (!options.export) io.note(`  export ${Object.keys(variables).join(' ')}`);
    await ended;
    await server.close();
    organization.close();
    return EXIT.done;
  });
}

/** The settings that were given as options. */
function typedSettings(options: object): Partial<Settings> {
  const given = new Map(Object.entries(options));
  const found = SETTING_NAMES.flatMap((name) => {
    const value = given.get(name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
    if (value === undefined) return [];
    return [[name, SETTINGS[name].kind === 'flag' ? value === 'true' : value]];
  });
  return Object.fromEntries(found);
}

/** The settings that are not at their fallback: `plan lite, users_list missing`. */
function differingSettings(settings: Settings): string {
  const differing = SETTING_NAMES.filter((name) => settings[name] !== SETTINGS[name].fallback);
  return differing.map((name) => `${name} ${settings[name]}`).join(', ');
}

export function reset(options: SandboxOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const folder = sandboxFolder(options, io.env);
    const id = existsSync(folder) ? await idOf(folder) : undefined;
    await resetSandbox(folder);
    io.report('The sandbox is empty, and its clock is the real one again.\n');
    if (existsSync(join(folder, SETTINGS_FILE))) io.note(`Its settings in ${SETTINGS_FILE} stay.`);
    const state = statePath(options);
    const known = await openAnyState(fileBackend(state)).catch(() => undefined);
    if (id !== undefined && known?.state.organization_id === id) {
      const command = leaveSandboxCommand(state, secretFilesOf(known.state, dirname(options.config)));
      const what = command.includes(' && ') ? ', and move their secrets aside' : '';
      io.note(`Remove the state of its accounts too${what}: ${unbroken(command)}`);
    }
    return EXIT.done;
  });
}

/** The id of a sandbox's organization; undefined if it is damaged. */
async function idOf(folder: string): Promise<string | undefined> {
  const organization = await openSandbox(folder).catch(() => undefined);
  const id = organization?.id();
  organization?.close();
  return id;
}

export function seed(options: SandboxOptions, count: number): Promise<number> {
  return withSandbox(options, async (organization) => {
    const added = await organization.seed(count);
    return `Added ${counted(added, 'account')} with two tokens each to the sandbox.\n`;
  });
}

export function advance(options: SandboxOptions, duration: Seconds): Promise<number> {
  return withSandbox(options, async (organization) => {
    const now = await organization.advance(duration);
    return `${formatDuration(duration)} passed in the sandbox, where it is now ${showTime(now)}.\n`;
  });
}

/** Connects with the token in MOTHERDUCK_TOKEN, as a program does, and prints its account. */
export function connect(options: SandboxOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const folder = sandboxFolder(options, io.env);
    const token = tokenFor(folder, io);
    const target = await sandboxConnector(folder).target(token, undefined);
    const steps = [
      { name: 'user', sql: 'SELECT md_user() AS name' },
      { name: 'size', sql: 'SELECT type AS name FROM md_live_duckling_size()' },
    ];
    const report = await probeRunner(io.env)(
      target,
      { steps, shutdown: false },
      { timeoutMs: CONNECT_SECONDS * 1000 + (target.startsInMs ?? 0), secrets: [token] },
    );
    const failure = report.get('connect')?.failure ?? report.get('user')?.failure;
    if (failure !== undefined) {
      const text =
        'Set MOTHERDUCK_TOKEN to the secret of a live token of this sandbox. The state says where secrets are.';
      const hint = { text, command: ['state', 'list'] };
      throw new UserError('CONNECT_FAILED', `the connection failed: ${failure.text}`, hint);
    }
    const found = (step: string) => report.get(step)?.answer?.row?.name ?? 'unknown';
    io.report(`Connected as ${found('user')}, to a Duckling of size ${found('size')}.\n`);
    return EXIT.done;
  });
}

/** The token to connect to the sandbox of a folder with. @throws UserError USAGE without a token, or without a sandbox */
function tokenFor(folder: string, { env }: Io): Secret {
  if (!existsSync(folder)) {
    const hint = {
      text: 'Name another folder with --sandbox-dir DIR, or create a sandbox.',
      command: ['apply', '--sandbox'],
    };
    throw new UserError('USAGE', `there is no sandbox in ${shownRelativePath(folder)}`, hint);
  }
  const found = tokenIn(env, PROGRAM_VARIABLES);
  if (found !== undefined) return found.token;
  const text = 'Set it to a secret that an apply stored. The state says where secrets are.';
  throw new UserError('USAGE', 'MOTHERDUCK_TOKEN is not set', { text, command: ['state', 'list'] });
}

function withSandbox(options: SandboxOptions, work: (organization: Organization) => Promise<string>): Promise<number> {
  return runCommand(options, async (io) => {
    const folder = sandboxFolder(options, io.env);
    noteNewSandbox(folder, io);
    const organization = await openSandbox(folder);
    try {
      io.report(await work(organization));
    } finally {
      organization.close();
    }
    return EXIT.done;
  });
}

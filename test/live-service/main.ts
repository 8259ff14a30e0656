/** `npm run test:live` and `npm run compare`. README.md says what they do. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UserError } from '../../src/model/user-error.ts';
import { counted } from '../../src/model/wording.ts';
import { hintText } from '../../src/report/hint.ts';
import { cleanUp, leftovers } from './clean-up.ts';
import { beganAt } from './names.ts';
import { RawApi } from './raw-api.ts';
import { compare, comparedText } from './recording/compare.ts';
import { readRecording } from './recording/read.ts';
import { type Parts, runSuite, type World, workFolder } from './run.ts';
import { senderTo } from './send.ts';
import { HOW_TO_RUN, readSettings, type Settings } from './settings.ts';
import { listUsers } from './users.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const USAGE = `  npm run test:live -- [journey|facts] [--record FILE [--hide WORD]...]
  npm run test:live -- --clean RUN
  npm run test:live -- --sweep
  npm run compare FILE`;

/** What was typed. */
type Asked =
  | { readonly mode: 'run'; readonly parts: Parts; readonly record?: string; readonly hide: readonly string[] }
  | { readonly mode: 'compare'; readonly file: string }
  | { readonly mode: 'clean'; readonly run: string }
  | { readonly mode: 'sweep' };

/** @throws UserError USAGE */
function readArguments(args: readonly string[]): Asked {
  const wrong = () => new UserError('USAGE', `not understood: ${args.join(' ')}`, `Type one of these:\n${USAGE}`);
  const options = {
    record: { type: 'string' },
    hide: { type: 'string', multiple: true },
    clean: { type: 'string' },
    sweep: { type: 'boolean' },
  } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch {
    throw wrong();
  }
  const { record, hide = [], clean, sweep } = parsed.values;
  const [word, file, ...rest] = parsed.positionals;
  const given = Object.keys(parsed.values).length;
  if (word === 'compare' && file !== undefined && rest.length + given === 0) return { mode: 'compare', file };
  if (file !== undefined) throw wrong();
  if (clean !== undefined && beganAt(clean) !== undefined && given === 1 && word === undefined)
    return { mode: 'clean', run: clean };
  if (sweep && given === 1 && word === undefined) return { mode: 'sweep' };
  const isPart = word === undefined || word === 'journey' || word === 'facts';
  if (!isPart || clean !== undefined || sweep || record === '' || (hide.length > 0 && record === undefined))
    throw wrong();
  const parts = { journey: word !== 'facts', facts: word !== 'journey' };
  return { mode: 'run', parts, hide, ...(record === undefined ? {} : { record }) };
}

/** Gives the exit code: 0 passed or skipped, 1 failed or different, 64 wrong usage, 130 interrupted. */
export async function main(args: readonly string[], world: Omit<World, 'stopping'>): Promise<number> {
  try {
    const asked = readArguments(args);
    if (asked.mode === 'compare') return await compareWithSandbox(asked.file, world);
    const settings = readSettings(world.env);
    if (settings === undefined || (asked.mode === 'run' && world.env.MDACC_LIVE !== '1')) {
      world.note(HOW_TO_RUN);
      return 0;
    }
    if (asked.mode === 'clean') return await clean(settings, asked.run, world);
    if (asked.mode === 'sweep') return await sweep(settings, world);
    refuseWindows();
    return await whole(settings, asked, world);
  } catch (error) {
    // Causes are left out: what one says of a request is not looked through for secrets.
    const hint = error instanceof UserError ? `\n  ${hintText(error.hint)}` : '';
    world.note(`${error instanceof Error ? error.message : String(error)}${hint}`);
    return error instanceof UserError && error.code === 'USAGE' ? 64 : 1;
  }
}

async function compareWithSandbox(file: string, { result }: Pick<World, 'result'>): Promise<number> {
  const recording = readRecording(file, existsSync(file) ? readFileSync(file, 'utf8') : undefined);
  const compared = await compare(recording);
  result(comparedText(compared, recording.of));
  return compared.every(({ differences }) => differences.length === 0) ? 0 : 1;
}

/** @throws UserError USAGE where a group of processes cannot be stopped as a whole, so that something could be made after the end */
function refuseWindows(): void {
  if (process.platform !== 'win32') return;
  throw new UserError('USAGE', 'the live suite runs on Linux and macOS', 'On Windows, run it in WSL.');
}

/** The suite, which the first signal and the end of its time make stop. */
async function whole(
  settings: Settings,
  asked: Extract<Asked, { mode: 'run' }>,
  world: Omit<World, 'stopping'>,
): Promise<number> {
  const stopping = new AbortController();
  let interrupted = false;
  const onSignal = () => {
    interrupted = true;
    world.note(stopping.signal.aborted ? 'Still removing what was made.' : 'Interrupted: what was made is removed.');
    stopping.abort('it was interrupted');
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const timer = setTimeout(() => stopping.abort('its time was over'), settings.limit);
  try {
    const good = await runSuite(settings, asked, { ...world, stopping: stopping.signal });
    return interrupted ? 130 : good ? 0 : 1;
  } finally {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** Removes what one run made, for where its process was killed. */
async function clean(settings: Settings, run: string, world: Omit<World, 'stopping'>): Promise<number> {
  const { removed, left } = await cleanUp(
    new RawApi({ ...settings, run, send: senderTo(settings.address, world.env) }),
  );
  rmSync(workFolder(run), { recursive: true, force: true });
  world.result(`${run}: ${counted(removed.length, 'account')} removed.\n`);
  for (const [name, why] of left) world.note(`${name} is still there: ${why}`);
  return left.size === 0 ? 0 : 1;
}

/** Shows, and with MDACC_LIVE_SWEEP=1 removes, what runs left that began more than a day ago. */
async function sweep(settings: Settings, world: Omit<World, 'stopping'>): Promise<number> {
  const asking = new RawApi({ ...settings, run: '', send: senderTo(settings.address, world.env) });
  const users = await listUsers(asking);
  if (users === undefined) throw new Error('the users cannot be listed, so it is not known what was left');
  const date = Date.parse((await asking.get('/v1/users?limit=1')).headers.get('date') ?? '');
  const found = leftovers(users, Number.isNaN(date) ? Date.now() : Math.min(date, Date.now()));
  if (found.size === 0) world.result('No run of the live suite left anything more than a day ago.\n');
  let code = 0;
  for (const [run, names] of found) {
    world.result(`${run} left ${counted(names.length, 'account')}.\n`);
    if (world.env.MDACC_LIVE_SWEEP === '1') code = Math.max(code, await clean(settings, run, world));
  }
  if (found.size > 0 && world.env.MDACC_LIVE_SWEEP !== '1') {
    world.note('Nothing was removed. To remove them: MDACC_LIVE_SWEEP=1 npm run test:live -- --sweep');
  }
  return code;
}

/** The next apply in this process: all that the command does, from its configuration to its exit code. */
import { planAndApply } from '../../src/cli/applying.ts';
import { readDesired } from '../../src/cli/configuration.ts';
import type { Io } from '../../src/cli/io.ts';
import { planNow } from '../../src/engine/planning.ts';
import { plain } from '../../src/report/paint.ts';
import { ADMIN, CONFIG, type Stage } from './stage.ts';

/** Does `mdacc apply --yes --prune --allow-delete --no-smoke` in the stage's folder, and gives how that ended. */
export async function applyHere(stage: Stage): Promise<{ code: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  const note = (text: string) => {
    said.stderr += `${text}\n`;
  };
  const result = (text: string) => {
    said.stdout += text;
  };
  const io: Io = {
    env: { MOTHERDUCK_API_URL: stage.server.url, MOTHERDUCK_ADMIN_TOKEN: ADMIN },
    options: {},
    toCommand: (argv) => argv.join(' '),
    paint: { out: plain, err: plain },
    changing: { show: () => {}, clear: () => {} },
    result,
    report: result,
    commands: () => {},
    say: note,
    note,
    warn: (message) => note(`Warning: ${message}`),
    debug: () => {},
  };
  const options = {
    config: stage.file(CONFIG),
    yes: true,
    prune: true,
    allowDelete: true,
    smoke: false,
    format: 'text',
    parallelism: 10,
  } as const;
  try {
    const desired = await readDesired(options, io);
    const code = await planAndApply('apply', desired, options, io, (stateWriter, service, context) =>
      planNow(desired, stateWriter.state, service, options, context),
    );
    return { code, ...said };
  } catch (error) {
    note(String(error));
    return { code: 1, ...said };
  }
}

/** `mdacc audit`: compares the live organization with the configuration and good practice. Changes nothing, anywhere. */
import { existsSync } from 'node:fs';
import { audit, RULES } from '../audit/audit.ts';
import { type ConfigOptions, readDesired } from '../cli/configuration.ts';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import type { Io, OutputOptions } from '../cli/io.ts';
import { withProgress } from '../cli/progress.ts';
import { type EvidenceOptions, gatherEvidence } from '../engine/auditing.ts';
import { openServiceFor, openStateOf, readStateNow } from '../engine/open-state.ts';
import type { OpenServiceOptions } from '../engine/service.ts';
import { backendContextOf, backendOf, scopeOf, statePath } from '../engine/state-location.ts';
import type { Audit, Severity } from '../model/audit.ts';
import { isCi } from '../model/ci.ts';
import { DEFAULT_CONFIG } from '../model/defaults.ts';
import { type Desired, unconfigured } from '../model/desired.ts';
import { formatDuration } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import { type AuditFormat, renderAudit, showsInventory } from '../report/formats.ts';
import { relocated } from '../report/locations.ts';

interface AuditOptions extends EvidenceOptions, ConfigOptions, OpenServiceOptions, OutputOptions {
  readonly format: AuditFormat;
  readonly failOn: 'error' | 'warning' | 'never';
}

export function run(options: AuditOptions): Promise<number> {
  return runCommand(options, async (io) => {
    if (options.idle !== undefined && !options.usage) {
      const command = ['audit', '--usage', '--idle', formatDuration(options.idle)];
      throw new UserError('USAGE', '--idle has no effect without --usage', { text: 'Give both.', command });
    }
    const configured = await readIfThere(options, io);
    const desired = configured ?? unconfigured(options.config);
    const service = await openServiceFor(options, desired, io);
    try {
      const backend = await backendOf(options, desired.state, backendContextOf(service, io.env));
      const { stateWriter, others } = await openStateOf(backend, options, desired, service);
      const readStateAgain = () => readStateNow(options, desired, service, io.env);
      const scope = scopeOf(options, backend, options);
      const evidence = await withProgress('Reading accounts', io, undefined, (context) =>
        gatherEvidence(
          desired,
          stateWriter.state,
          service,
          {
            ...options,
            scope,
            others,
            readStateAgain,
            unconfigured: configured === undefined,
            isCi: isCi(io.env),
          },
          context,
        ),
      );
      const found = audit(evidence, RULES, showsInventory(options.format));
      const located = { ...relocated(found, io.pathOf), file: io.pathOf(found.file) };
      io.report(renderAudit(located, options.format, io.paint.out, io.inContext));
      return exitCode(found, options.failOn);
    } finally {
      await service.close();
    }
  });
}

/** The configuration; undefined where none is to be seen, so that a first look needs no file. @throws UserError */
async function readIfThere(options: AuditOptions, io: Io): Promise<Desired | undefined> {
  try {
    return await readDesired(options, io);
  } catch (error) {
    const isMissing = error instanceof UserError && error.code === 'CONFIG_NOT_FOUND';
    // A file that was named, one with a similar name and a state are signs of a configuration that is elsewhere.
    const isElsewhere =
      options.config !== DEFAULT_CONFIG || options.state !== undefined || existsSync(statePath(options));
    if (!isMissing || isElsewhere || error.hint.command === undefined) throw error;
    return undefined;
  }
}

/** The severities that fail an audit; a note never does. */
const FAILS: Readonly<Record<AuditOptions['failOn'], readonly Severity[]>> = {
  error: ['error'],
  warning: ['error', 'warning'],
  never: [],
};

function exitCode({ findings }: Audit, failOn: AuditOptions['failOn']): number {
  return findings.some(({ severity }) => FAILS[failOn].includes(severity)) ? EXIT.differences : EXIT.done;
}

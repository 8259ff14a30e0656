/** `mdacc audit`: holds the live organization against the configuration and good practice. Changes nothing, anywhere. */
import { audit } from '../audit/audit.ts';
import { type EvidenceOptions, gatherEvidence } from '../cli/auditing.ts';
import { type ConfigOptions, readDesired, statePath } from '../cli/configuration.ts';
import type { Io, OutputOptions } from '../cli/io.ts';
import { EXIT, runCommand } from '../cli/run.ts';
import { openService, type ServiceOptions } from '../cli/service.ts';
import type { Audit, Severity } from '../model/audit.ts';
import { formatDuration } from '../model/duration.ts';
import { UserError } from '../model/user-error.ts';
import { auditHtml } from '../report/audit/html.ts';
import { auditJson } from '../report/audit/json.ts';
import { auditJunit } from '../report/audit/junit.ts';
import { auditMarkdown } from '../report/audit/markdown.ts';
import { auditSarif } from '../report/audit/sarif.ts';
import { auditText } from '../report/audit/text.ts';
import { openState } from '../state/state-file.ts';

interface AuditOptions extends EvidenceOptions, ConfigOptions, ServiceOptions, OutputOptions {
  readonly format: 'text' | 'json' | 'markdown' | 'html' | 'sarif' | 'junit';
  readonly failOn: 'error' | 'warning' | 'never';
}

export function run(options: AuditOptions): Promise<number> {
  return runCommand(options, async (io) => {
    if (options.idle !== undefined && !options.usage) {
      const hint = `Say both: mdacc audit --usage --idle ${formatDuration(options.idle)}`;
      throw new UserError('USAGE', '--idle is about queries, which are read with --usage only', hint);
    }
    const desired = await readDesired(options, io);
    const service = await openService(options, io);
    try {
      const { state } = await openState(statePath(options), desired.organization, { sandbox: service.isSandbox });
      const found = audit(await gatherEvidence(desired, state, service, options, io));
      io.result(render(found, options.format, io));
      return exitCode(found, options.failOn);
    } finally {
      await service.close();
    }
  });
}

function render(found: Audit, format: AuditOptions['format'], io: Io): string {
  switch (format) {
    case 'text':
      return auditText(found, io.paint.out);
    case 'json':
      return auditJson(found);
    case 'markdown':
      return auditMarkdown(found);
    case 'html':
      return auditHtml(found);
    case 'sarif':
      return auditSarif(found);
    case 'junit':
      return auditJunit(found);
    default:
      return format satisfies never;
  }
}

/** What fails an audit; a note never does. */
const FAILS: Readonly<Record<AuditOptions['failOn'], readonly Severity[]>> = {
  error: ['error'],
  warning: ['error', 'warning'],
  never: [],
};

function exitCode({ findings }: Audit, failOn: AuditOptions['failOn']): number {
  return findings.some(({ severity }) => FAILS[failOn].includes(severity)) ? EXIT.differences : EXIT.done;
}

/** `mdacc validate`: checks the configuration without a network. */

import type { ConfigOptions } from '../cli/configuration.ts';
import type { OutputOptions } from '../cli/io.ts';
import { EXIT, runCommand } from '../cli/run.ts';
import { diagnosticJson } from '../config/diagnostics.ts';
import { loadConfig } from '../config/load.ts';
import { renderDiagnostics } from '../config/render.ts';
import { counted } from '../model/counted.ts';
import type { Desired } from '../model/desired.ts';

interface ValidateOptions extends ConfigOptions, OutputOptions {
  readonly format: 'text' | 'json';
}

export function run(options: ValidateOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const loaded = await loadConfig(options.config, io.env);
    const findings = [...(loaded.ok ? [] : loaded.diagnostics), ...loaded.warnings];
    if (options.format === 'json') {
      const document = { version: 1, valid: loaded.ok, files: loaded.files, findings: findings.map(diagnosticJson) };
      io.result(`${JSON.stringify(document, null, 2)}\n`);
    } else {
      if (findings.length > 0) io.result(`${renderDiagnostics(findings, loaded.sources, io.paint.out)}\n`);
      io.result(
        loaded.ok ? `${options.config} is valid: ${contents(loaded.desired)}.\n` : summary(loaded.diagnostics.length),
      );
    }
    return loaded.ok ? EXIT.done : EXIT.error;
  });
}

function contents({ accounts }: Desired): string {
  const tokens = [...accounts.values()].reduce((sum, account) => sum + account.tokens.size, 0);
  return `${counted(accounts.size, 'account')}, ${counted(tokens, 'token')}`;
}

function summary(errors: number): string {
  return `${counted(errors, 'error')}.\n`;
}

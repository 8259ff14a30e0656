/** `mdacc validate`: checks the configuration without a network. */
import type { ConfigOptions } from '../cli/configuration.ts';
import type { Io, OutputOptions } from '../cli/io.ts';
import { EXIT, runCommand } from '../cli/run.ts';
import { columnsOf } from '../cli/terminal.ts';
import { type Loaded, loadConfig } from '../config/load.ts';
import type { Desired } from '../model/desired.ts';
import { counted } from '../model/wording.ts';
import { jsonText } from '../report/json.ts';
import { validateGithub } from '../report/validate/github.ts';
import { validateSarif } from '../report/validate/sarif.ts';
import { STORE_KINDS } from '../secrets/stores.ts';
import { CODES, type Diagnostic, diagnosticJson } from '../yaml/diagnostic.ts';
import { renderDiagnostics } from '../yaml/render.ts';

interface ValidateOptions extends ConfigOptions, OutputOptions {
  readonly format: 'text' | 'json' | 'sarif' | 'github';
}

export function run(options: ValidateOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const loaded = await loadConfig(options.config, io.env);
    // Commands that are meant; all else is made harmless on its way out.
    if (options.format === 'github') io.commands(validateGithub(findingsOf(loaded), loaded.sources), 'result');
    io.report(render(loaded, options, io));
    return loaded.ok ? EXIT.done : EXIT.error;
  });
}

function render(loaded: Loaded, { config, format }: ValidateOptions, io: Io): string {
  const findings = findingsOf(loaded);
  switch (format) {
    case 'text': {
      const shown =
        findings.length === 0
          ? ''
          : `${renderDiagnostics(findings, loaded.sources, io.paint.out, columnsOf(process.stdout))}\n`;
      return shown + summary(loaded, config);
    }
    case 'json': {
      const document = { version: 1, valid: loaded.ok, files: loaded.files, findings: findings.map(diagnosticJson) };
      return jsonText(document);
    }
    case 'sarif':
      return validateSarif(config, DIAGNOSTICS, findings, loaded.sources);
    case 'github':
      return summary(loaded, config);
    default:
      return format satisfies never;
  }
}

function findingsOf(loaded: Loaded): Diagnostic[] {
  return [...(loaded.ok ? [] : loaded.diagnostics), ...loaded.warnings];
}

function summary(loaded: Loaded, config: string): string {
  return loaded.ok
    ? `${config} is valid: ${contents(loaded.desired)}.\n`
    : `${counted(loaded.diagnostics.length, 'error')}.\n`;
}

function contents({ accounts }: Desired): string {
  const tokens = [...accounts.values()].reduce((sum, account) => sum + account.tokens.size, 0);
  return `${counted(accounts.size, 'account')}, ${counted(tokens, 'token')}`;
}

const { unused, ...read } = CODES;

/** What every code means: those of the secret stores included. */
export const DIAGNOSTICS: Readonly<Record<string, string>> = {
  ...read,
  ...Object.assign({}, ...STORE_KINDS.map(({ codes }) => codes)),
  unused,
};

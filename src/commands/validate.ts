/** `mdacc validate`: checks the configuration without a network connection. */
import type { ConfigOptions } from '../cli/configuration.ts';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import type { OutputOptions } from '../cli/io.ts';
import { columnsOf } from '../cli/terminal.ts';
import { type Loaded, type LoadedWell, loadConfig } from '../config/load.ts';
import { statePath } from '../engine/state-location.ts';
import { DIAGNOSTIC_CODES, type Diagnostic } from '../model/diagnostic.ts';
import { quote } from '../model/quote.ts';
import { isNewUsername, newUsernameRule } from '../model/username.ts';
import { VALIDATE_FORMATS, type ValidateFormat } from '../report/formats.ts';
import { hintText, type InContext } from '../report/hint.ts';
import { relocatedValidation } from '../report/locations.ts';
import type { Validation } from '../report/validate/validation.ts';
import { STORE_KINDS } from '../secrets/stores.ts';

interface ValidateOptions extends ConfigOptions, OutputOptions {
  readonly format: ValidateFormat;
}

export function run(options: ValidateOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const loaded = await loadConfig(options.config, io.env, undefined, statePath(options), options.allowEnv);
    io.linkTo(loaded.sources.keys());
    const validation = relocatedValidation(validationOf(loaded, options.config, io.inContext), io.pathOf);
    const { commands, report } = VALIDATE_FORMATS[options.format];
    // These commands are meant for the runner; any other text is written so that the runner finds none in it.
    if (commands !== undefined) io.commands(commands(validation), 'result');
    io.report(report(validation, io.paint.out, io.inContext, { columns: columnsOf(process.stdout) }));
    return loaded.ok ? EXIT.done : EXIT.error;
  });
}

function validationOf(loaded: Loaded, config: string, inContext: InContext): Validation {
  const { files, sources, warnings } = loaded;
  const about = { config, files, sources, codes: DIAGNOSTICS };
  return loaded.ok
    ? {
        ...about,
        desired: loaded.desired,
        findings: [...withoutAccounts(loaded, inContext), ...existingNames(loaded), ...warnings],
      }
    : { ...about, findings: [...loaded.diagnostics, ...warnings] };
}

/** Warns of a configuration without accounts: it is valid, but probably a mistake. A plan shows what it would do. */
function withoutAccounts({ desired, files: [file = ''], sources }: LoadedWell, inContext: InContext): Diagnostic[] {
  if (desired.accounts.size > 0) return [];
  const before = (sources.get(file) ?? '').split(/^accounts:/m);
  const line = before.length > 1 ? (before[0] ?? '').split('\n').length : 1;
  const hint = hintText(
    { text: 'add one under accounts, or import those at MotherDuck', command: ['import', '--all'] },
    inContext,
  );
  const location = { file, line, column: 1 };
  return [{ code: 'no-accounts', severity: 'warning', message: 'there are no accounts', hint, location, length: 1 }];
}

/** Accounts that cannot be new. Other commands say nothing of them where they exist; a plan refuses to create one. */
function existingNames({ desired }: LoadedWell): Diagnostic[] {
  return [...desired.accounts.values()].flatMap(({ username, location }) => {
    if (isNewUsername(username)) return [];
    const message = `no account can be created as ${quote(username)}: a plan refuses it, unless it exists at MotherDuck already`;
    const hint = `if it is a new account, rename it (to ${newUsernameRule(username)}); if it exists, leave it`;
    return [{ code: 'not-a-new-name', severity: 'warning', message, hint, location, length: username.length }];
  });
}

const { unused, ...read } = DIAGNOSTIC_CODES;

/** The meaning of every code, including those of the secret stores. */
const DIAGNOSTICS: Readonly<Record<string, string>> = {
  ...read,
  ...Object.assign({}, ...STORE_KINDS.map(({ codes }) => codes)),
  unused,
};

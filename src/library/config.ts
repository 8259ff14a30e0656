import { InvalidConfiguration } from '../config/errors.ts';
import { loadConfig as readConfig } from '../config/load.ts';
import type { Desired } from '../model/desired.ts';
import { type DiagnosticJson, diagnosticJson } from '../yaml/diagnostic.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a configuration says. */
export interface LoadedConfig {
  readonly desired: Desired;
  /** What is doubtful about it. */
  readonly warnings: readonly DiagnosticJson[];
  /** The files that were read, the main one first. */
  readonly files: readonly string[];
}

/**
 * Reads a configuration and what it includes, and checks all of it. No network is involved.
 *
 * @param file its path; included files and file stores are looked for beside it.
 * @param options `env`: where the values of `${NAME}` come from; `process.env` unless given.
 * @throws {@link InvalidConfiguration} (code CONFIG_INVALID) with every error of every file in its `diagnostics`
 * @throws {@link UserError} CONFIG_NOT_FOUND: there is no such file
 */
export async function loadConfig(
  file = 'motherduck.accounts.yaml',
  options: { readonly env?: Environment } = {},
): Promise<LoadedConfig> {
  const loaded = await readConfig(file, { ...(options.env ?? process.env) });
  if (!loaded.ok) throw new InvalidConfiguration(file, loaded.diagnostics.map(diagnosticJson), false);
  return { desired: loaded.desired, warnings: loaded.warnings.map(diagnosticJson), files: loaded.files };
}

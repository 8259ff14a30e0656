import { audit as auditEvidence } from '../audit/audit.ts';
import { gatherEvidence } from '../engine/auditing.ts';
import type { Audit } from '../model/audit.ts';
import { defined } from '../model/defined.ts';
import type { Scope } from '../model/plan.ts';
import { type AuditFormat, renderAudit as renderAuditAs } from '../report/formats.ts';
import { othersOf, rereadOf } from './open.ts';
import { type SharedOptions, snapshotOf } from './plan.ts';

/** The options of `audit`. */
export interface AuditOptions extends SharedOptions {
  /**
   * Also find accounts that ran no query for this many seconds, and read compute and storage (`usage` of the audit), which takes a
   * connection to `md:`. Default: not read.
   */
  readonly idle?: number;
  /** The scope that reports of the audit show. Default: none. */
  readonly scope?: Scope;
  /** Also check the secret stores that run programs, by running their `check` commands. Default: false. */
  readonly checkStores?: boolean;
  /** Receives a warning, for example that accounts were not checked because another run was changing them. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Reads the organization and compares it with the configuration and good practice. Changes nothing. The state of `readState` or
 * `openState` is read again afterwards, so that accounts that a run is changing meanwhile are not judged.
 *
 * @throws {@link UserError} TOKEN_REFUSED, NOT_ADMIN, API_UNREACHABLE, API_NOT_MOTHERDUCK or API_FAILED if nothing can be read;
 * ORGANIZATION_DIFFERS if all managed accounts are gone; CLOCK_DIFFERS; USAGE if `only` matches no account
 * @example
 * ```ts
 * import { audit, loadConfig, openService, readState } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await readState({ desired, service });
 * const { findings } = await audit({ desired, state, service, only: ['etl_*'] });
 * const errors = findings.filter(({ severity }) => severity === 'error');
 * for (const { rule, message, fix } of errors) console.log(rule, message, fix.text);
 * ```
 */
export async function audit(options: AuditOptions): Promise<Audit> {
  const { desired, state, service, only, idle, scope, checkStores = false, onWarning = () => {} } = options;
  const { parallelism } = service.opened;
  const readStateAgain = rereadOf(state);
  const evidence = {
    parallelism,
    checkStores,
    others: othersOf(state),
    ...defined({ readStateAgain, only, scope }),
    ...(idle === undefined ? {} : { usage: true, idle }),
  };
  const context = { warn: onWarning };
  return auditEvidence(await gatherEvidence(desired, snapshotOf(state), service.opened, evidence, context));
}

/**
 * Renders an audit.
 *
 * @param format `text` (without colours), `json` (`schemas/audit.schema.json`), `markdown`, `html`, `sarif` (SARIF 2.1.0) or
 * `junit` (JUnit XML)
 * @throws TypeError for any other format
 * @example
 * ```ts
 * import { audit, loadConfig, openService, readState, renderAudit } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await readState({ desired, service });
 * console.log(renderAudit(await audit({ desired, state, service }), 'markdown'));
 * ```
 */
export function renderAudit(audit: Audit, format: AuditFormat): string {
  return renderAuditAs(audit, format);
}

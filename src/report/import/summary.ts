/** The summary of an import: what it added, and where secrets are. */
import type { Import } from '../../model/import.ts';
import { counted, enumerated } from '../../model/wording.ts';
import { printable } from '../escape.ts';

/** A store of imported tokens. */
interface ImportStore {
  readonly name: string;
  /** In a sandbox: where secrets go in the place of its command. */
  readonly rehearsedIn?: string;
}

/** The numbers that the summary of an import shows. */
export interface Counts {
  /** Added to the files. */
  readonly written: Pick<Import, 'accounts' | 'tokens'>;
  /** Adopted, and already in the configuration. */
  readonly configured: Pick<Import, 'accounts' | 'tokens'>;
  readonly skipped: number;
  /** Taken from Terraform, and where they go. */
  readonly secrets?: { readonly count: number; readonly stores: readonly ImportStore[] };
  readonly files: readonly string[];
  readonly config: string;
  /** Before the confirmation, with --dry-run, or after it was carried out. */
  readonly stage: 'confirm' | 'dry_run' | 'done';
}

/** `Imported 12 accounts and 31 tokens into motherduck.accounts.yaml; 2 skipped.` */
export function importSummary({ written, configured, skipped, secrets, files, config, stage }: Counts): string {
  const isDone = stage === 'done';
  const done: string[] = [];
  if (files.length > 0)
    done.push(`${isDone ? 'imported' : 'would import'} ${both(written)} into ${files.join(' and ')}`);
  if (configured.accounts + configured.tokens > 0) {
    done.push(`${isDone ? 'adopted' : 'would adopt'} ${both(configured)} already in ${config}`);
  }
  if (secrets && secrets.count > 0) {
    const what = `${counted(secrets.count, 'secret')} of Terraform in ${storeNames(secrets.stores)}`;
    done.push(`${isDone ? 'stored' : 'would store'} ${what}`);
  }
  if (done.length === 0) done.push('nothing to import');
  if (skipped > 0) done.push(`${skipped} skipped`);
  if (stage === 'dry_run') done.push('nothing was written');
  const text = printable(done.join('; '));
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.\n`;
}

/** Where the secrets of adopted tokens go at their first rotation. */
export function unknownSecretsText(count: number, stores: readonly ImportStore[]): string {
  const text =
    count === 1
      ? 'The secret of 1 adopted token is unknown. When it is rotated, a new one goes to'
      : `The secrets of ${count} adopted tokens are unknown. When they are rotated, new ones go to`;
  return printable(`${text} ${storeNames(stores)}, where programs must read them before the old tokens are revoked.`);
}

function storeNames(stores: readonly ImportStore[]): string {
  const named = stores.map(({ name, rehearsedIn }) =>
    rehearsedIn === undefined ? name : `${name} (rehearsed in ${rehearsedIn}: the sandbox does not run its command)`,
  );
  return enumerated(named);
}

function both({ accounts, tokens }: Pick<Import, 'accounts' | 'tokens'>): string {
  const parts = [
    ...(accounts > 0 ? [counted(accounts, 'account')] : []),
    ...(tokens > 0 ? [counted(tokens, 'token')] : []),
  ];
  return parts.length > 0 ? parts.join(' and ') : 'nothing';
}

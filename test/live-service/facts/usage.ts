/** The views of a whole organization, and what the program makes of them. All this is read as the Admin. */
import { counted } from '../../../src/model/wording.ts';
import type { ProbeReport } from '../../../src/motherduck/probe-process.ts';
import type { UsageReading } from '../../../src/motherduck/usage.ts';
import type { FactContext } from './context.ts';
import { type Look, type Sight, Unseen } from './fact.ts';
import { refusedWith } from './setup.ts';

const VIEWS = ['compute_usage', 'storage_info'] as const;

export async function lookAtUsage(context: FactContext, look: Look): Promise<void> {
  let columns: ProbeReport | undefined;
  let reading: UsageReading | undefined;
  const allowed = () => {
    if (!context.usage)
      throw new Unseen("MDACC_LIVE_USAGE=1 connects as the Admin, whose Duckling's minute costs what its size does");
  };

  for (const view of VIEWS) {
    await look(`The columns of ${view.toUpperCase()}`, 'shown to an Admin on a Business plan', async () => {
      allowed();
      columns ??= await context.connect(context.admin, [
        { name: 'plan', sql: 'SELECT org_type AS plan FROM md_user_info()' },
        ...VIEWS.map((name) => ({ name, sql: columnsOf(name) })),
      ]);
      const plan = columns.get('plan')?.answer?.row?.plan ?? 'of no known kind';
      const failure = refusedWith(columns, view);
      const seen = failure ?? columns.get(view)?.answer?.row?.columns ?? 'none';
      const isBusiness = /business/i.test(plan);
      return { seen: `plan ${plan}: ${seen}`, ...(isBusiness && { fits: failure === undefined }) };
    });
  }

  for (const [view, part] of [
    ['COMPUTE_USAGE', 'compute'],
    ['STORAGE_INFO', 'storage'],
  ] as const) {
    await look(`What the program reads of ${view}`, 'understood', async () => {
      allowed();
      const failure = refusedWith(columns ?? new Map(), view.toLowerCase());
      if (failure !== undefined) throw new Unseen('the view is not shown');
      reading ??= await context.readUsage();
      return part === 'compute'
        ? understood(reading.compute, ({ hours }) => hours.size)
        : understood(reading.storage, ({ size }) => size);
    });
  }
}

function columnsOf(view: string): string {
  return `SELECT string_agg(column_name || ' ' || column_type, ', ') AS columns FROM (DESCRIBE SELECT * FROM md_information_schema.${view})`;
}

function understood<T>(
  read: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string },
  users: (value: T) => number,
): Sight {
  return read.ok
    ? { seen: `understood, ${counted(users(read.value), 'user')}`, fits: true }
    : { seen: read.why, fits: false };
}

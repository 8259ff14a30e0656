/** Each setting of the sandbox at what is not its fallback, and how the journey ends there. */
import type { SettingName, Settings } from '../../src/sandbox/settings.ts';

export interface Switch {
  readonly settings: Partial<Settings>;
  /** The command that then fails, and what it says; left out: none fails. */
  readonly fails?: { readonly command: 'apply' | 'audit' | 'smoke'; readonly says: readonly string[] };
  /** How the whole journey ends, where it is otherwise: it has calls by hand, and there are others. */
  readonly whole?: { readonly says: string; readonly mayPass?: true };
}

const PLAN = 'This is probably a limit of your MotherDuck plan';
const NO_LIST = 'the users cannot be listed, so unmanaged accounts';

export const SWITCHES: readonly Switch[] = [
  { settings: {} },
  { settings: { plan: 'lite' }, whole: { says: 'MotherDuck answered 400 BAD_REQUEST to a call by hand' } },
  {
    settings: { max_service_accounts: 1 },
    fails: { command: 'apply', says: ['Service account limit reached', PLAN, 'the Lite plan has 2 service accounts'] },
  },
  { settings: { max_pool_size: 0 }, fails: { command: 'apply', says: ['flock_size must be at most 0', PLAN] } },
  {
    settings: { role: 'builder' },
    fails: { command: 'apply', says: ['(403): ', 'a minimum role of admin'] },
    whole: { says: 'MotherDuck answered 403 FORBIDDEN to a call by hand' },
  },
  {
    settings: { role: 'explorer' },
    fails: { command: 'apply', says: ['(403): ', 'a minimum role of admin'] },
    whole: { says: 'MotherDuck answered 403 FORBIDDEN to a call by hand' },
  },
  { settings: { read_scaling_sizes: 'all' } },
  { settings: { default_cooldown: 'minute' } },
  { settings: { users_list: 'missing' }, fails: { command: 'audit', says: [NO_LIST] } },
  { settings: { users_list: 'forbidden' }, fails: { command: 'audit', says: [NO_LIST, 'custom role'] } },
  { settings: { page_size: 2 } },
  { settings: { shifting_pages: true }, whole: { says: 'the list of users is incomplete', mayPass: true } },
  { settings: { taken_name: 'unique_constraint' } },
  { settings: { token_names: 'unique' } },
  { settings: { token_names: 'unique', taken_name: 'unique_constraint' } },
  { settings: { descriptions: 'dropped' } },
  { settings: { unknown_values: true } },
  { settings: { connections: 'momentary' } },
  {
    settings: { connections: 'unavailable' },
    fails: {
      command: 'smoke',
      says: ['Could not connect to MotherDuck', 'MotherDuck is down, or not reachable from here'],
    },
  },
  {
    settings: { connections: 'compute_limit' },
    fails: { command: 'smoke', says: ['the organization has no compute left for today'] },
  },
  {
    settings: { connections: 'newer_duckdb' },
    fails: { command: 'smoke', says: ['MotherDuck does not accept DuckDB', 'the latest that it accepts is 1.4.1'] },
  },
  { settings: { slow_starts: 1 } },
];

/** `users_list missing, page_size 1`. */
export function switchName({ settings }: Switch): string {
  const names = Object.entries(settings).map(([name, value]) => `${name} ${String(value)}`);
  return names.join(', ') || 'no setting';
}

/** As options of `sandbox serve`. */
export function switchOptions({ settings }: Switch): string[] {
  return (Object.entries(settings) as [SettingName, unknown][]).flatMap(([name, value]) => [
    `--${name.replaceAll('_', '-')}`,
    String(value),
  ]);
}

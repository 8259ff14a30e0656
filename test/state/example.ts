import type { State, StateAccount } from '../../src/model/state.ts';

/** An account with every field. */
export const fullAccount: StateAccount = {
  username: 'ETL_prod',
  origin: 'created',
  since: '2026-11-01T08:00:00.000Z',
  deletion_protection: true,
  intent: { action: 'delete_account', at: '2026-11-02T08:00:00.000Z' },
  smoke: { at: '2026-11-02T09:00:00.000Z', passed: false },
  tokens: new Map([
    [
      'airflow',
      {
        generation: 3,
        current: {
          id: 'id-2',
          name: 'airflow.2',
          generation: 2,
          type: 'read_write',
          created_at: '2026-11-01T08:00:01.000Z',
          expires_at: '2027-01-30T08:00:01.000Z',
          ttl: 7_776_000,
          secret: { store: 'vault', secret_path: 'vault#ETL_prod/airflow', at: '2026-11-01T08:00:02.000Z' },
          verified_at: '2026-11-01T08:00:03.000Z',
        },
        retiring: [
          { id: 'id-1', name: 'airflow', expires_at: null, retire_at: '2026-11-03T08:00:00.000Z' },
          { id: 'id-0', name: 'airflow', expires_at: '2026-12-01T00:00:00Z', retire_at: '2026-11-01T08:00:00.000Z' },
        ],
        intents: [{ name: 'airflow.3', generation: 3, at: '2026-11-02T08:00:00.000Z' }],
      },
    ],
    [
      'BI-old',
      {
        generation: 1,
        current: {
          id: 'id-9',
          name: 'BI (old)',
          generation: 1,
          type: 'read_scaling',
          created_at: '2026-11-01T08:00:01.000Z',
          expires_at: null,
          secret: 'unknown',
        },
        retiring: [],
        intents: [],
      },
    ],
  ]),
};

/** An account with required fields only. */
export const bareAccount = (username: string): StateAccount => ({
  username,
  origin: 'adopted',
  since: '2026-11-01T08:00:00.000Z',
  deletion_protection: false,
  tokens: new Map(),
});

export const example: State = {
  organization: 'acme',
  sandbox: false,
  lineage: '0b1f2c3d-0000-4000-8000-000000000001',
  serial: 7,
  runs: [],
  accounts: new Map([
    ['tenant', bareAccount('tenant')],
    ['etl_prod', fullAccount],
  ]),
};

import type { Seconds } from '../model/duration.ts';
import type { StateAccount, TokenIntent } from '../model/state.ts';
import type { TokenType } from '../model/tokens.ts';

/** The version of the state file that this program writes. */
export const STATE_VERSION = 1;

/** The state file as JSON: what `schemas/state.schema.json` describes. */
export interface StateJson {
  readonly version: typeof STATE_VERSION;
  readonly lineage: string;
  readonly serial: number;
  readonly organization: string;
  readonly sandbox?: true;
  readonly runs?: readonly string[];
  readonly accounts: Readonly<Record<string, AccountJson>>;
}

export interface AccountJson extends Pick<StateAccount, 'username' | 'id' | 'origin' | 'since' | 'intent' | 'smoke'> {
  readonly deletion_protection: boolean;
  readonly tokens: Readonly<Record<string, TokenJson>>;
}

export interface TokenJson {
  readonly generation: number;
  readonly current?: RecordJson;
  readonly retiring: readonly RetiringJson[];
  readonly intents: readonly IntentJson[];
}

export interface RecordJson {
  readonly id: string;
  readonly name: string;
  readonly generation: number;
  readonly type: TokenType;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly ttl?: Seconds | null;
  readonly secret: { readonly store: string; readonly place: string; readonly at: string } | 'unknown';
  readonly proved_at?: string;
  readonly failed_at?: string;
}

export interface RetiringJson {
  readonly id: string;
  readonly name: string;
  readonly expires_at: string | null;
  readonly retire_at?: string;
  readonly why: 'replaced' | 'never_stored';
}

export type IntentJson = TokenIntent;

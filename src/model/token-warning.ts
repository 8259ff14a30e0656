/** What a plan warns of about one token. `wording/token-warnings.ts` says it in English. */
import type { RecordedPolicy } from './state.ts';
import type { Seconds } from './time.ts';

/** A warning of a plan about a token. */
export type TokenWarning =
  /** Token `name` was stored but not verified, so `replaced`, which it replaces, is not revoked. */
  | {
      readonly kind: 'unverified';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly replaced: string;
      /** Token `name` was adopted, so its secret is unknown and no test can verify it. */
      readonly adopted?: true;
      /** Its account left the configuration. */
      readonly retained?: true;
      /** This plan replaces it, and the one that it replaced ends with it. */
      readonly rotated?: true;
      /** The one that it replaced was to be revoked at once. */
      readonly requested?: true;
      /** An apply without a smoke test accepted it, so the overlap of the one that it replaced ends then. */
      readonly retire_at?: string;
    }
  /** Live tokens that the state does not know, of its series and newer than its own live ones: it is not the newest state. */
  | {
      readonly kind: 'older_state';
      readonly account: string;
      readonly token: string;
      readonly names: readonly string[];
      /** The state may well be the newest: the account was deleted and created again, by its user id; `possible` where that is not known. */
      readonly recreated?: 'certain' | 'possible';
      /** The configuration does not have the token any more. */
      readonly removed?: true;
      /** Its account left the configuration. */
      readonly retained?: true;
    }
  /** The state has token `name` as one of `token`, but it is named after another, so it is not revoked. */
  | {
      readonly kind: 'other_series';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly id: string;
    }
  /** The state has token `name` as replaced, and no live token of a later generation replaced it. The plan does not change it. */
  | {
      readonly kind: 'not_replaced';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly id: string;
    }
  /** The overlap of replaced token `name` has ended, but a store has its secret where that of its replacement must be, or may have it. */
  | {
      readonly kind: 'overlap_held';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      /** The store cannot be read. */
      readonly unreadable?: true;
      /** Its account left the configuration. */
      readonly retained?: true;
    }
  /** Replaced token `name` lives longer than an overlap of the policy lasts; without `overlap`, of an account that left the configuration. */
  | {
      readonly kind: 'long_overlap';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly id: string;
      readonly retire_at: string;
      /** In seconds. */
      readonly overlap?: Seconds;
    }
  /** Token `name` is replaced by one of another name, so it is no longer of the series and is not revoked. */
  | {
      readonly kind: 'left_live';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly id: string;
      readonly by: string;
    }
  /** Live token `name`, which the state does not know, has the generation of its live token `current`. The plan does not change it. */
  | {
      readonly kind: 'rival';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly id: string;
      readonly current: string;
      /** The key left the configuration. */
      readonly removed?: true;
    }
  /** MotherDuck gave token `name` less life than asked, in seconds; null: until revoked. */
  | {
      readonly kind: 'shorter_life';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly asked: Seconds | null;
      readonly given: Seconds;
      /** The token itself sets `ttl`, and not its policy. */
      readonly own_ttl?: true;
      /** What the configuration has, where a `ttl` of what was given is not more than that. `jitter` is on top of `rotate_before`. */
      readonly rotate_before?: Seconds;
      readonly jitter?: Seconds;
      readonly overlap?: Seconds;
    }
  /** Token `name` of an interrupted run may be stored and in use, and nothing replaces it. `retained`: with its account. */
  | {
      readonly kind: 'orphan';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly retained: boolean;
    }
  /**
   * The policy of a token has a shorter overlap, or rotates it earlier, than when somebody applied it last. In seconds;
   * `rotate_before` with the token's share of the jitter.
   */
  | {
      readonly kind: 'policy_hastened';
      readonly account: string;
      readonly token: string;
      readonly before: RecordedPolicy;
      readonly after: RecordedPolicy;
    }
  /** As `last_generation`, of a token that is not due yet. */
  | { readonly kind: 'no_next_generation'; readonly account: string; readonly token: string; readonly actual?: number }
  /** Token `name` does not expire, and replaces one that does. */
  | { readonly kind: 'never_expires'; readonly account: string; readonly token: string; readonly name: string }
  /** Something of a token is due, and a plan of scheduled work leaves the token alone. `expires_at`: of its current token in the state. */
  | { readonly kind: 'due_left'; readonly account: string; readonly token: string; readonly expires_at: string | null };

import type { Notice } from './plan.ts';

/** An Import: what of the live organization goes into the configuration, and what does not. Data only: it has no room for a secret. */
export interface Import {
  /** How many accounts, and tokens of these and of others, are written. */
  readonly accounts: number;
  readonly tokens: number;
  /** What was asked for and is not taken over. */
  readonly skipped: readonly Skipped[];
  /** What was taken over in another way than someone may expect. */
  readonly notices: readonly Notice[];
  /** The files that change, with what they are to hold; one that others need comes before those. */
  readonly texts: ReadonlyMap<string, string>;
  /** What the next plan must adopt for it, and nothing else: usernames, and ids of tokens by `account/key`. */
  readonly adopts: { readonly accounts: ReadonlySet<string>; readonly tokens: ReadonlyMap<string, string> };
  /** A secret store was written, since there was none: its file must be kept out of git. */
  readonly addsStore: boolean;
}

export interface Skipped {
  readonly account: string;
  readonly token?: { readonly name: string; readonly id: string };
  /** Why, on one line. */
  readonly reason: string;
  /** What to do or type. */
  readonly hint: string;
  /** It could not be read, so that another run may take it. */
  readonly isUnread?: true;
}

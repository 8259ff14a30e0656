/** What a person should know of the lives of imported tokens: each thing once, with the tokens that it is about. */
import { few } from '../model/counted.ts';
import type { Notice } from '../model/plan.ts';
import type { TakenToken } from './account-tokens.ts';

export interface AddressedToken extends TakenToken {
  /** `account/key`. */
  readonly address: string;
}

export function lifeNotices(tokens: readonly AddressedToken[]): Notice[] {
  return KINDS.flatMap(({ applies, message, hint }) => {
    const names = tokens.filter(applies).map(({ address }) => address);
    const [first] = names;
    return first === undefined
      ? []
      : [{ message: message(few(names)), hint: { text: hint, command: ['rotate', first] } }];
  });
}

interface Kind {
  applies(token: AddressedToken): boolean;
  message(names: string): string;
  readonly hint: string;
}

const KINDS: readonly Kind[] = [
  {
    applies: ({ life }) => life.shortened === 'never',
    message: (names) => `tokens that never expire, and whose replacements will: ${names}`,
    hint: 'Nothing replaces such a token until you do.',
  },
  {
    applies: ({ life }) => life.shortened === 'long',
    message: (names) =>
      `tokens that live longer than guardrails.max_token_ttl, as their replacements will not: ${names}`,
    hint: 'To replace one before its policy does.',
  },
  {
    applies: ({ isPostponed }) => isPostponed,
    message: (names) =>
      `tokens that are about to end, and get a later time of replacement than their policy's: ${names}`,
    hint: 'Replace one now, then remove rotate_before and overlap from its line.',
  },
];

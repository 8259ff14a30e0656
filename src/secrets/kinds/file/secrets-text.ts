import type { TokenAddress } from '../../../model/secret-variable.ts';

/** The text of a secrets file, read once and changed in one place after the other. Everything else stays as it is. */
export interface SecretsText {
  /** The secrets that stand in a place. */
  held(spot: Spot): readonly string[];
  set(spot: Spot, secret: string): void;
  text(): string;
}

/** The place of a token's secret: a dotenv file knows it by the variable, a json file by account and token. */
export interface Spot extends TokenAddress {
  readonly variable: string;
}

/** A secret that the file's format cannot hold. */
export class NotBare extends Error {}

/** What is wrong with a file of the json format, without a word of what stands in it. */
export class NotASecretsFile extends Error {}

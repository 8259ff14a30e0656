import type { SecretStoreConfig } from '../../../model/desired.ts';

export interface FileStoreConfig extends SecretStoreConfig {
  readonly kind: 'file';
  /** Absolute. */
  readonly path: string;
  /** As written in the YAML, for people. */
  readonly shownPath: string;
  readonly format: 'dotenv' | 'json';
  /** Template of the dotenv variable. */
  readonly variable: string;
  readonly allowUnignored: boolean;
}

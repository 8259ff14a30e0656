/** A folder with nothing but a configuration, for a first apply with its smoke test. */
import { CONFIG } from '../stage.ts';
import { type CrashStage, DOTENV, JSON_FILE } from './crash-stage.ts';

/** Read scaling only, so that the smoke test makes a read/write token of its own, which must be revoked. */
const CONFIGURATION = `
version: 1
organization: acme
secret_stores: { json: { kind: file, path: ${JSON_FILE}, format: json } }
token_policies:
  shows: { type: read_scaling, ttl: 30d, rotate_before: 7d, overlap: 0s, secret_store: json }
accounts:
  board: { tokens: { app: shows } }
`;

export async function prepareFirstRun(stage: CrashStage): Promise<void> {
  stage.write(DOTENV, '# written by hand\nOTHER=theirs\n', 0o600);
  stage.write(CONFIG, CONFIGURATION);
}

/** The configuration of one account in which an audit finds nothing. */
export const AUDITED = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: secrets.env, format: dotenv }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
accounts:
  etl_prod:
    ducklings: { read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 0 } }
    tokens: { airflow: pipeline }
    smoke: false
`;

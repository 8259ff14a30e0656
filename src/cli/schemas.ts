/** The JSON Schemas of the package, by the names that `mdacc schema` has for them. */
export const SCHEMA_FILES = {
  config: 'motherduck.accounts.schema.json',
  plan: 'plan.schema.json',
  state: 'state.schema.json',
  audit: 'audit.schema.json',
  doctor: 'doctor.schema.json',
  smoke: 'smoke.schema.json',
  validate: 'validate.schema.json',
  organization: 'organization.schema.json',
} as const;

export type SchemaName = keyof typeof SCHEMA_FILES;

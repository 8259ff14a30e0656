/**
 * The public interface for other programs: the same engine as the commands.
 *
 *   loadConfig -> Desired     openService -> Service     openState, readState -> State     readLive -> Live
 *   plan(Desired, Live, State) -> Plan     apply(Plan) -> Applied     audit -> Audit     renderPlan, ... -> text
 *
 * The library prints nothing, asks nothing, never exits the process and handles no signals. Errors that the user can fix are
 * thrown as a `UserError`: its `code` is stable, `message` says what happened, `hint` what to do next. None holds a secret.
 */
export type { ActionOutcome, ApplyEvent } from './apply/apply-input.ts';
export { InvalidConfiguration } from './config/errors.ts';
export { type Applied, type ApplyOptions, apply, renderApplied } from './library/apply.ts';
export { type AuditOptions, audit, renderAudit } from './library/audit.ts';
export {
  type Environment,
  type LoadConfigOptions,
  type LoadedConfig,
  loadConfig,
  type OpenState,
  type OpenStateOptions,
  openService,
  openState,
  type ReadStateOptions,
  readState,
  type Service,
  type ServiceOptions,
} from './library/open.ts';
export {
  openStores,
  type PlanOptions,
  plan,
  type ReadLiveOptions,
  readLive,
  renderPlan,
  type SharedOptions,
} from './library/plan.ts';
export type {
  Action,
  ActionBase,
  ActionName,
  AdoptAccount,
  AdoptToken,
  ComputeCeiling,
  CreateAccount,
  CreateToken,
  DeleteAccount,
  Forget,
  InterruptedRotation,
  Reason,
  RevokeToken,
  Risk,
  RotateToken,
  RunSetup,
  SetDucklings,
  SourceLine,
  UnknownPrice,
} from './model/action.ts';
export type {
  AcceptedFinding,
  AccountUsage,
  Audit,
  AuditUsage,
  Finding,
  Inventory,
  InventoryAccount,
  InventoryToken,
  RuleInfo,
  Severity,
  SizeUsage,
} from './model/audit.ts';
export type {
  Acceptance,
  AccountLimit,
  Desired,
  DesiredAccount,
  DesiredAccountDucklings,
  DesiredToken,
  Guardrails,
  SecretStoreConfig,
  StateConfig,
  Suspension,
} from './model/desired.ts';
export type { DiagnosticCode, DiagnosticJson, RelatedLocation } from './model/diagnostic.ts';
export type { DesiredDucklings, Ducklings, Size } from './model/ducklings.ts';
export type { Live, LiveAccount, LiveToken, LiveUser, Presence, UnreadableToken } from './model/live.ts';
export type {
  CeilingExceeded,
  Notice,
  PlanError,
  PlanNotice,
  PlanWarning,
  SettingChange,
  StateEdit,
  Violation,
} from './model/notice.ts';
export type {
  DeletedData,
  GuardrailInForce,
  NextChange,
  Plan,
  PolicyToRecord,
  Scope,
  SecretRemoval,
  SmokeQuery,
  StoreDestination,
  Unmanaged,
  UsedStore,
} from './model/plan.ts';
export type {
  AdoptedToken,
  PlannedRotation,
  PlannedToken,
  RevokesOld,
  ShownToken,
  StoreNames,
  TokenChange,
} from './model/planned-token.ts';
export type { Secret, TokenAddress } from './model/secret.ts';
export type { SetupStatement } from './model/setup.ts';
export type { CreatedObjects, CreatedShare } from './model/setup-objects.ts';
export type {
  AccountSmoke,
  ConnectionSmoke,
  Smoke,
  SmokeCheck,
  SmokeCheckName,
  SmokeOrganization,
} from './model/smoke.ts';
export type {
  MovedFrom,
  RecordedPolicy,
  RetiringToken,
  RevokeRequest,
  SecretCopy,
  State,
  StateAccount,
  StateSetup,
  StateToken,
  StoredSecret,
  TokenIntent,
  TokenRecord,
} from './model/state.ts';
export type { StateRun } from './model/state-run.ts';
export type { LastWriter, StoreWarning } from './model/store-warning.ts';
export type { Seconds } from './model/time.ts';
export type { TokenWarning } from './model/token-warning.ts';
export type { TokenType } from './model/tokens.ts';
export { type ErrorCode, type Hint, type Location, UserError } from './model/user-error.ts';
export type { WireActiveAccounts, WireDucklings, WireToken, WireTokenRequest, WireUser } from './model/wire.ts';
export type { Api } from './motherduck/api.ts';
export { ApiError, type ApiFailure } from './motherduck/transport-errors.ts';
export { hasChanges } from './plan/summary.ts';
export type { AuditFormat, PlanFormat } from './report/formats.ts';
export type { PathClues } from './secrets/path-clues.ts';
export type {
  CheckOptions,
  DoubtedSecret,
  ExpectedSecret,
  ExpectedSecrets,
  NewSecret,
  ObsoleteFinding,
  ObsoleteSecret,
  PutBack,
  SecretStore,
  SecretTarget,
  StoreFindings,
} from './secrets/store.ts';
export { type NoticeText, noticeText } from './wording/notices.ts';

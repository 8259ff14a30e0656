/**
 * The library face: what the commands do, for programs. What is exported here is what other programs may rely on, and
 * README shows it in use:
 *
 *   loadConfig -> Desired     openService -> Service     openState, readState -> State     readLive -> Live
 *   plan(Desired, Live, State) -> Plan     apply(Plan) -> Applied     audit -> Audit     renderPlan and its like -> text
 *
 * Nothing here prints, asks, exits or listens to signals. Errors that the user can fix are thrown as a UserError: its `code` is
 * stable, `message` says what happened, `hint` what to do next, and none of them holds a secret.
 */
export type { ApplyEvent, Outcome } from './apply/apply-account.ts';
export { InvalidConfiguration } from './config/errors.ts';
export { type Applied, type ApplyOptions, apply, renderApplied } from './library/applying.ts';
export { type Environment, type LoadedConfig, loadConfig } from './library/config.ts';
export { audit, openStores, plan, type Question, readLive } from './library/reading.ts';
export { renderAudit, renderPlan } from './library/rendering.ts';
export { openService, type Service, type ServiceOptions } from './library/service.ts';
export { type OpenState, openState, readState, type StateQuestion } from './library/state.ts';
export type { Audit, Finding, RuleInfo, Severity } from './model/audit.ts';
export type { Desired, DesiredAccount, DesiredToken, SecretStoreConfig } from './model/desired.ts';
export type { Live, LiveAccount, LiveToken, LiveUser, Presence } from './model/live.ts';
export type { Notice, PlanError, PlanNotice, PlanWarning, Violation } from './model/notice.ts';
export type { Action, ActionName, Plan, Risk } from './model/plan.ts';
export type { Secret } from './model/secret.ts';
export type { AccountSmoke, Smoke, SmokeCheck } from './model/smoke.ts';
export type { State, StateAccount, StateToken } from './model/state.ts';
export { type ErrorCode, type Location, UserError } from './model/user-error.ts';
export type { Api } from './motherduck/api.ts';
export { noticeText } from './plan/notice-text.ts';
export { hasChanges } from './plan/plan.ts';
export type { AuditFormat, PlanFormat } from './report/formats.ts';
export type { SecretAddress, SecretStore } from './secrets/store.ts';
export type { DiagnosticJson } from './yaml/diagnostic.ts';

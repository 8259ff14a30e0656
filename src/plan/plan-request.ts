/** The options that decide what a plan contains, and the commands that make the same plan again. */

/** The options of `plan`, `apply`, `rotate` and `destroy` that decide what a plan contains. */
export interface PlanRequest {
  readonly only?: readonly string[] | undefined;
  readonly rotate?: readonly string[] | undefined;
  readonly revokeOld?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly prune?: boolean | undefined;
  readonly due?: boolean | undefined;
  readonly destroy?: boolean | undefined;
  readonly allowMissing?: boolean | undefined;
}

/** `plan --only etl_* --due`: shows the plan. */
export function planCommand(request: PlanRequest): string[] {
  return ['plan', ...planOptions(request)];
}

/** `--only etl_* --due`: the options of a plan. */
function planOptions({ rotate = [], destroy, ...request }: PlanRequest): string[] {
  return [...rotate.flatMap((name) => ['--rotate', name]), ...(destroy ? ['--destroy'] : []), ...selection(request)];
}

/** `rotate etl_prod --revoke-old`: makes the plan and applies it. */
export function applyCommand({ rotate, destroy, ...request }: PlanRequest): string[] {
  const command = rotate ? ['rotate', ...rotate] : destroy ? ['destroy'] : ['apply'];
  return [...command, ...selection(request)];
}

function selection({ only = [], revokeOld, force, prune, due, allowMissing }: PlanRequest): string[] {
  const flags = [
    revokeOld && '--revoke-old',
    force && '--force',
    prune && '--prune',
    due && '--due',
    allowMissing && '--allow-missing',
  ];
  return [...only.flatMap((glob) => ['--only', glob]), ...flags.flatMap((flag) => flag || [])];
}

// What `mdacc apply` and `mdacc audit` do, from a program.
import {
  apply,
  audit,
  loadConfig,
  openService,
  openState,
  plan,
  readLive,
  renderApplied,
  renderAudit,
  renderPlan,
} from 'motherduck-accounts';

const { desired } = await loadConfig('motherduck.accounts.yaml');
// For MotherDuck, call openService() and set MOTHERDUCK_ADMIN_TOKEN.
const service = await openService({ sandbox: '.motherduck-sandbox' });
try {
  const state = await openState({ desired, service }); // no other run can change it until it is closed
  try {
    const live = await readLive({ desired, state, service });
    const planned = plan({ desired, live, state, service });
    console.log(renderPlan(planned, 'text'));
    const applied = await apply({ plan: planned, desired, live, state, service });
    console.log(renderApplied(planned, applied, 'text'));
    console.log(renderAudit(await audit({ desired, state, service }), 'text'));
    if (!applied.succeeded) process.exitCode = 1;
  } finally {
    await state.close();
  }
} finally {
  await service.close();
}

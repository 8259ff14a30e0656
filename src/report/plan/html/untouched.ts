import type { Plan } from '../../../model/plan.ts';
import { html, type Markup, NOTHING } from '../../page/markup.ts';
import { countedNames } from '../../page/names.ts';

/** What apply leaves alone: what left the configuration and stays, and what is live and not managed. */
export function untouched({ retained, unmanaged: { accounts, tokens } }: Plan): Markup {
  const shown = tokens.map(({ account, name, id }) => `${account}/${name === '' ? id : name}`);
  const stays =
    retained.length === 0
      ? NOTHING
      : html`<h3>No longer in the configuration, and left</h3>${countedNames(retained, 'account')}<p class="quiet">mdacc plan --prune plans their deletion.</p>`;
  const unknown = html`<p>Accounts: not known, since the users cannot be listed.</p>`;
  return html`${stays}<h3>Unmanaged</h3>${accounts === null ? unknown : countedNames(accounts, 'account')}${countedNames(shown, 'token')}`;
}

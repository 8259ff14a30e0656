import { entryName } from '../../model/entry-name.ts';
import { storesText } from '../../model/wording.ts';
import { OTHER_MACHINE, otherMachine } from '../../wording/store-warnings.ts';
import { aboutToken, type Rule, replaceHint } from '../rule.ts';

/** Known of stores that can be read, which are files. */
export const secretLost: Rule = {
  id: 'MDA035',
  name: 'secret-lost',
  severity: 'error',
  title: 'A secret store does not have the secret that the state says is there.',
  help: 'Programs that start now do not find the token. MotherDuck shows a secret only once, so a lost one is replaced together with its token. The check looked at the files of the machine that runs the audit.',
  *check({ accounts, lostSecrets, sharedStores }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        const { role, key, planned } = token;
        const stores = lostSecrets.get(entryName({ account: account.username, token: key }));
        if (role !== 'current' || planned !== undefined || stores === undefined) continue;
        const message = `has no secret in ${storesText(stores)}, which should have it`;
        const last = sharedStores.get(stores.find((store) => sharedStores.has(store)) ?? '');
        yield {
          ...aboutToken(account, token),
          message: last ? `${message}. ${otherMachine(true, last)}` : message,
          fix: last ? OTHER_MACHINE : replaceHint(account, token),
        };
      }
    }
  },
};

import { Stage } from '../stage.ts';
import { CA, HOST, startProxy, startTls } from './connect-proxy.ts';

/** A stage whose organization is taken for MotherDuck: a sandbox with TLS, behind a proxy, that nothing says to be one. */
export async function asMotherDuck(stage = new Stage()) {
  const tls = await startTls(Number(new URL(await stage.serve()).port));
  const proxy = await startProxy({ hosts: { [HOST]: tls } });
  delete stage.env.MDACC_SANDBOX;
  Object.assign(stage.env, { MOTHERDUCK_API_URL: `https://${HOST}`, HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: CA });
  return stage;
}

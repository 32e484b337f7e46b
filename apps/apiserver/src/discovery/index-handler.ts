import type { KindRegistry } from '@rhythm/api';
import type { PathHandler } from '../ports/handlers.ts';

const fixed = ['/.well-known/openid-configuration', '/api', '/api/v1', '/apis', '/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/openid/v1/jwks', '/readyz', '/version'];

/** `/`: the paths that are served, for whoever looks around. */
export function indexHandler(registry: KindRegistry): PathHandler {
  return async (exchange) => {
    if (exchange.path !== '/') return false;
    const groups = registry.groups.filter(({ group }) => group !== '').flatMap(({ group, versions }) => [`/apis/${group}`, ...versions.map((version) => `/apis/${group}/${version}`)]);
    await exchange.send(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' }, Buffer.from(JSON.stringify({ paths: [...fixed, ...groups].sort() }, null, 2)));
    return true;
  };
}

import type { HttpExchange } from '@rhythm/http';
import type { PathHandler } from './face.ts';

/** One thing that must be well; rejects or throws with what is wrong. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void> | void;
}

const paths = new Set(['/healthz', '/livez', '/readyz']);

/** `/livez`, `/readyz`, `/healthz`, each check below them by name, and `?verbose`. `ready` counts for /readyz only. */
export function healthHandler(live: readonly HealthCheck[], ready: readonly HealthCheck[]): PathHandler {
  return async (exchange) => {
    const [, base = '', name] = exchange.path.split('/');
    if (!paths.has(`/${base}`)) return false;
    const all = base === 'readyz' ? [...live, ...ready] : live;
    const chosen = name === undefined || name === '' ? all : all.filter((check) => check.name === name);
    if (chosen.length === 0) return false;
    const excluded = new Set(exchange.query.getAll('exclude'));
    const lines: string[] = [];
    let healthy = true;
    for (const check of chosen) {
      const well = excluded.has(check.name) || (await passes(check));
      lines.push(`${well ? '[+]' : '[-]'}${check.name} ${excluded.has(check.name) ? 'excluded: ok' : well ? 'ok' : 'failed: reason withheld'}`);
      healthy &&= well;
    }
    await reply(exchange, base, healthy, lines);
    return true;
  };
}

async function passes(check: HealthCheck): Promise<boolean> {
  try {
    await check.check();
    return true;
  } catch {
    return false;
  }
}

async function reply(exchange: HttpExchange, base: string, healthy: boolean, lines: readonly string[]): Promise<void> {
  const verbose = exchange.query.has('verbose') || !healthy;
  const text = verbose ? `${lines.join('\n')}\n${base} check ${healthy ? 'passed' : 'failed'}\n` : 'ok';
  await exchange.send(healthy ? 200 : 500, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }, Buffer.from(text));
}

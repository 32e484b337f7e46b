import { causeChain, type Log } from '@rhythm/base';
import type { HttpExchange } from '@rhythm/http';
import type { PathHandler } from '../ports/handlers.ts';

/** One thing that must be well; rejects or throws with what is wrong. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void> | void;
}

const paths = new Set(['/healthz', '/livez', '/readyz']);

/**
 * `/livez`, `/readyz`, `/healthz`, each check below them by name, `?verbose` and `?exclude=NAME`, with Kubernetes' texts. `ready`
 * counts for /readyz only. What is wrong is not told: anybody may ask. It is in the log.
 */
export function healthHandler(live: readonly HealthCheck[], ready: readonly HealthCheck[], log: Log): PathHandler {
  return async (exchange) => {
    const [, base = '', ...rest] = exchange.path.split('/');
    if (!paths.has(`/${base}`)) return false;
    const all = base === 'readyz' ? [...live, ...ready] : live;
    const name = rest.join('/');
    if (name === '') return together(exchange, base, all, log);
    const one = all.find((check) => check.name === name);
    if (one === undefined) return false;
    const wrong = await failure(one);
    await reply(exchange, wrong === undefined, wrong === undefined ? 'ok' : `internal server error: ${wrong}\n`);
    return true;
  };
}

async function together(exchange: HttpExchange, base: string, all: readonly HealthCheck[], log: Log): Promise<true> {
  const excluded = new Set(exchange.query.getAll('exclude').flatMap((names) => names.split(',')));
  const lines: string[] = [];
  const failed: string[] = [];
  for (const check of all) {
    const wrong = excluded.has(check.name) ? undefined : await failure(check);
    if (wrong !== undefined) failed.push(`${check.name}: ${wrong}`);
    lines.push(`${wrong === undefined ? '[+]' : '[-]'}${check.name} ${excluded.delete(check.name) ? 'excluded: ok' : wrong === undefined ? 'ok' : 'failed: reason withheld'}`);
  }
  if (excluded.size > 0) lines.push(`warn: some health checks cannot be excluded: no matches for ${[...excluded].slice(0, 16).map((one) => JSON.stringify(one.slice(0, 64))).join(',')}`);
  if (failed.length > 0) log.info(`${base} check failed`, { failed });
  const verdict = failed.length === 0 ? 'passed' : 'failed';
  const tells = exchange.query.has('verbose') || failed.length > 0;
  await reply(exchange, failed.length === 0, tells ? `${lines.join('\n')}\n${base} check ${verdict}\n` : 'ok');
  return true;
}

async function failure(check: HealthCheck): Promise<string | undefined> {
  try {
    await check.check();
    return undefined;
  } catch (error) {
    return causeChain(error);
  }
}

async function reply(exchange: HttpExchange, isWell: boolean, text: string): Promise<void> {
  await exchange.send(isWell ? 200 : 500, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache, private', 'x-content-type-options': 'nosniff' }, Buffer.from(text));
}

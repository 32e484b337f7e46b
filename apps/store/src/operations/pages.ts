import { metricsType, type MetricsRegistry, type Page, type Pages } from '@rhythm/telemetry';
import { alarmTypes } from '../alarms/machine.ts';
import { etcdVersion } from '../services/etcd-version.ts';
import type { Backend } from '../services/header.ts';

/** One thing that must be so; throws why it is not. */
interface Check {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** What etcd serves besides its API: `/health`, `/livez`, `/readyz`, `/version`, `/metrics`. */
export function operationPages(backend: Backend, registry: MetricsRegistry): Pages {
  const checks = allChecks(backend);
  const live = checks.filter(({ name }) => name === 'serializable_read');
  return async (path, query) => {
    const [, page = '', one] = path.split('/');
    if (page === 'livez') return probe(live, one, query);
    if (page === 'readyz') return probe(checks, one, query);
    if (one !== undefined) return undefined;
    if (page === 'health') return health(backend, query);
    if (page === 'version') return json(200, { etcdserver: etcdVersion, etcdcluster: etcdVersion });
    return page === 'metrics' ? { status: 200, type: metricsType, body: await registry.render() } : undefined;
  };
}

/** The names are etcd's. */
function allChecks({ host }: Backend): Check[] {
  return [
    {
      name: 'data_corruption',
      run: async () => {
        if (host.state.alarms.list(alarmTypes.corrupt).length > 0) throw new Error('alarm activated: CORRUPT');
      },
    },
    { name: 'serializable_read', run: async () => host.requireRunning() },
    { name: 'linearizable_read', run: () => host.linearizable() },
    {
      name: 'non_learner',
      run: async () => {
        if (host.isLearner) throw new Error('not supported for learner');
      },
    },
  ];
}

/** `exclude` leaves a check out, `verbose` tells of those that passed too; `/readyz/NAME` is one alone. */
async function probe(checks: readonly Check[], one: string | undefined, query: URLSearchParams): Promise<Page | undefined> {
  const excluded = new Set(query.getAll('exclude'));
  const chosen = one === undefined || one === '' ? checks.filter(({ name }) => !excluded.has(name)) : checks.filter(({ name }) => name === one);
  if (one !== undefined && one !== '' && chosen.length === 0) return undefined;
  const outcomes = await Promise.all(chosen.map(async ({ name, run }) => ({ name, why: await whyNot(run) })));
  const isGood = outcomes.every(({ why }) => why === undefined);
  const told = outcomes.map(({ name, why }) => (why === undefined ? `[+]${name} ok\n` : `[-]${name} failed: ${why}\n`)).join('');
  return { status: isGood ? 200 : 503, type: 'text/plain; charset=utf-8', body: `${!isGood || query.has('verbose') ? told : ''}${isGood ? 'ok\n' : ''}` };
}

/** With `exclude=NOSPACE` that alarm does not count; with `serializable=true` this member's own state will do. */
async function health({ host }: Backend, query: URLSearchParams): Promise<Page> {
  const excluded = new Set(query.getAll('exclude'));
  const answer = (why: string): Page => json(why === '' ? 200 : 503, { health: why === '' ? 'true' : 'false', reason: why });
  for (const { alarm } of host.state.alarms.list()) {
    if (alarm === alarmTypes.corrupt && !excluded.has('CORRUPT')) return answer('ALARM CORRUPT');
    if (alarm === alarmTypes.noSpace && !excluded.has('NOSPACE')) return answer('ALARM NOSPACE');
  }
  const isSerializable = query.get('serializable') === 'true';
  if (!isSerializable && host.leader === 0n) return answer('RAFT NO LEADER');
  const why = await whyNot(async () => (isSerializable ? host.requireRunning() : host.linearizable()));
  return answer(why === undefined ? '' : `RANGE ERROR:${why}`);
}

async function whyNot(run: () => Promise<void>): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function json(status: number, body: object): Page {
  return { status, type: 'application/json', body: JSON.stringify(body) };
}

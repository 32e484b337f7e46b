import type { KindDefinition, KindRegistry } from '@rhythm/api';
import type { Clock } from '@rhythm/base';
import type { Counter, Family, Gauge, Histogram, MetricsRegistry } from '@rhythm/telemetry';
import type { ResourceRequest } from '../ports/types.ts';

/** kube-apiserver's buckets, seconds. */
const durationBuckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const requestLabels = ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'] as const;

const verbs: Readonly<Record<string, string>> = { get: 'GET', list: 'LIST', watch: 'WATCH', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETECOLLECTION' };
const streams = new Set(['exec', 'attach', 'portforward', 'log', 'proxy']);

/** A request under way. */
export interface Measured {
  /** `code` as HTTP has it; 0 for what was broken off. */
  done(code: number): void;
}

/** Counts and times requests of both faces under Kubernetes' names. Label values come from what is served, never from the client. */
export class RequestMetrics {
  readonly #registry: KindRegistry;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #total: Family<Counter>;
  readonly #duration: ReturnType<MetricsRegistry['histograms']>;
  readonly #inflight: Family<Gauge>;
  readonly #longRunning: Family<Gauge>;
  /** Kinds come and go; of one there are as many as it has verbs, subresources and scopes. */
  readonly #known = new WeakMap<KindDefinition, Map<string, RequestSeries>>();

  constructor(metrics: MetricsRegistry, registry: KindRegistry, clock: Pick<Clock, 'monotonic'>) {
    this.#registry = registry;
    this.#clock = clock;
    this.#total = metrics.counters('apiserver_request_total', 'Requests by verb, resource, scope and code.', [...requestLabels, 'code']);
    this.#duration = metrics.histograms('apiserver_request_duration_seconds', 'Time to answer a request, seconds; watches and streams are left out.', durationBuckets, requestLabels);
    this.#inflight = metrics.gauges('apiserver_current_inflight_requests', 'Requests being answered.', ['request_kind']);
    this.#longRunning = metrics.gauges('apiserver_longrunning_requests', 'Watches and streams that are open.', ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component']);
  }

  begin(request: ResourceRequest): Measured {
    const series = this.#seriesOf(request);
    const from = this.#clock.monotonic();
    series.open.add(1);
    let isDone = false;
    return {
      done: (code) => {
        if (isDone) return;
        isDone = true;
        series.open.add(-1);
        series.total(code).inc();
        if (!series.isLong) series.duration().observe((this.#clock.monotonic() - from) / 1000);
      },
    };
  }

  /** The series that a request is counted in: the same for all that are alike, and found once for them. */
  #seriesOf(request: ResourceRequest): RequestSeries {
    const kind = this.#registry.byResource(request.group, request.version, request.resource);
    if (kind === undefined) return this.#newSeries(request, undefined);
    const known = kind.subresources.some((sub) => sub.name === request.subresource) ? request.subresource : '';
    const scope = request.name !== '' ? 'resource' : request.namespace !== '' ? 'namespace' : 'cluster';
    const key = `${request.verb} ${request.version} ${known} ${scope} ${isApply(request)} ${(request.options.dryRun ?? []).length > 0} ${streams.has(request.subresource)}`;
    let ofKind = this.#known.get(kind);
    if (ofKind === undefined) this.#known.set(kind, (ofKind = new Map()));
    let series = ofKind.get(key);
    if (series === undefined) ofKind.set(key, (series = this.#newSeries(request, kind)));
    return series;
  }

  #newSeries(request: ResourceRequest, kind: KindDefinition | undefined): RequestSeries {
    const labels = labelsOf(request, kind);
    const [verb, , ...rest] = labels;
    const isLong = request.verb === 'watch' || streams.has(request.subresource);
    const open = isLong ? this.#longRunning.labels(verb, ...rest) : this.#inflight.labels(['get', 'list'].includes(request.verb) ? 'readOnly' : 'mutating');
    const totals = new Map<number, Counter>();
    const total = (code: number): Counter => {
      let counter = totals.get(code);
      if (counter === undefined) totals.set(code, (counter = this.#total.labels(...labels, String(code))));
      return counter;
    };
    let durations: Histogram | undefined;
    return { isLong, open, total, duration: () => (durations ??= this.#duration.labels(...labels)) };
  }
}

/** What is counted of requests that are alike. */
interface RequestSeries {
  readonly isLong: boolean;
  readonly open: Gauge;
  /** By the code of the answer. */
  total(code: number): Counter;
  duration(): Histogram;
}

function isApply(request: ResourceRequest): boolean {
  return request.verb === 'patch' && request.contentType.startsWith('application/apply-patch');
}

/** A path to nothing that is served has no resource: clients must not choose labels. */
function labelsOf(request: ResourceRequest, kind: KindDefinition | undefined): [string, ...string[]] {
  const { group, version, resource, subresource, namespace, name, options } = request;
  const known = kind?.subresources.some((sub) => sub.name === subresource) === true ? subresource : '';
  const verb = isApply(request) ? 'APPLY' : streams.has(known) ? 'CONNECT' : (verbs[request.verb] ?? 'OTHER');
  const scope = name !== '' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster';
  const dryRun = (options.dryRun ?? []).length > 0 ? 'All' : '';
  return kind === undefined ? [verb, dryRun, '', '', '', '', '', 'apiserver'] : [verb, dryRun, group, version, resource, known, scope, 'apiserver'];
}

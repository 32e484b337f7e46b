/** One thing that a client should not do, and what Kubernetes 1.35 answers to it. */
export interface BadInput {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** A user of `users`; absent: one who may do everything. */
  readonly as?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Text and bytes as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly status: number;
  /** Absent where Kubernetes answers without a Status. */
  readonly reason?: string;
  /** The field that a cause must name. */
  readonly field?: string;
  /** The reason of that cause. */
  readonly cause?: string;
  /** What the message must hold. */
  readonly says?: string;
  /** Where the answer is written down, when it is not obvious; or why ours is another one. */
  readonly source?: string;
}

export const api = '/api/v1/namespaces/default';
export const maps = `${api}/configmaps`;
export const pods = `${api}/pods`;
export const apps = '/apis/apps/v1/namespaces/default';
export const batch = '/apis/batch/v1/namespaces/default';

/** The users of the tests by name, with their groups; what they may do is in `objects.ts`. */
export const users: Readonly<Record<string, readonly string[]>> = {
  admin: ['system:masters'],
  bob: [],
  carol: [],
  dave: [],
  'system:node:here': ['system:nodes'],
};

export type Row = Omit<BadInput, 'method' | 'path'>;

/** Rows that all create in one place. */
export const creates = (path: string, rows: readonly Row[]): BadInput[] => rows.map((row) => ({ ...row, method: 'POST', path }));

export const meta = { name: 'new', namespace: 'default' };
export const configMap = (more: object = {}): object => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: meta, ...more });
export const withMeta = (more: object): object => configMap({ metadata: { ...meta, ...more } });
export const container = { name: 'a', image: 'busybox' };
export const pod = (spec: object = {}): object => ({ kind: 'Pod', apiVersion: 'v1', metadata: meta, spec: { containers: [container], ...spec } });
export const withContainer = (more: object): object => pod({ containers: [{ ...container, ...more }] });
export const service = (spec: object): object => ({ kind: 'Service', apiVersion: 'v1', metadata: meta, spec });
export const template = (spec: object = {}): object => ({ metadata: { labels: { a: 'b' } }, spec: { containers: [container], ...spec } });
export const deployment = (spec: object = {}): object => ({ kind: 'Deployment', apiVersion: 'apps/v1', metadata: meta, spec: { selector: { matchLabels: { a: 'b' } }, template: template(), ...spec } });
export const invalid = { status: 422, reason: 'Invalid' } as const;
export const bad = { status: 400, reason: 'BadRequest' } as const;

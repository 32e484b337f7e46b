export type CaseVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** What came back, in a form in which the faces can be compared. */
export interface Outcome {
  /** As HTTP has it. */
  readonly code: number;
  readonly contentType: string;
  /** JSON parsed; protobuf as hexadecimal digits, other text as it is; of a watch its events. */
  readonly body: unknown;
  readonly warnings: readonly string[];
}

/** The outcomes of the cases before this one, on the same face. */
export type Earlier = (name: string) => Record<string, never> & { readonly metadata: Record<string, never> };

type Made<T> = T | ((earlier: Earlier) => T);

export interface Case {
  readonly name: string;
  readonly verb: CaseVerb;
  /** `[group/]version/[ns/NAMESPACE/]resource[/name[/subresource]]`. */
  readonly path: string;
  /** Default `admin`. `nobody` has no credential, `bob` no rights, `robot` a token and the right to view. */
  readonly as?: 'admin' | 'bob' | 'nobody' | 'robot';
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly query?: Made<Readonly<Record<string, string | readonly string[]>>>;
  /** Objects become JSON. */
  readonly body?: Made<object | string>;
  readonly contentType?: string;
  readonly accept?: string;
  /** Of a watch: ends after so many. */
  readonly events?: number;
  readonly code: number;
  /** Of a refusal. */
  readonly reason?: string;
  /** What the body must match besides (as `toMatchObject`). */
  readonly shows?: unknown;
  readonly warns?: readonly string[];
  /** Where gRPC differs on purpose. */
  readonly grpc?: { readonly code: number; readonly reason: string };
}

/** The parts of a path. */
export function partsOf(path: string): { readonly group: string; readonly version: string; readonly namespace: string; readonly resource: string; readonly name: string; readonly subresource: string } {
  const parts = path.split('/');
  const isCore = /^v\d/.test(parts[0] ?? '');
  const [group = '', version = ''] = isCore ? ['', parts[0]] : parts;
  const rest = parts.slice(isCore ? 1 : 2);
  const isNamespaced = rest[0] === 'ns';
  const [resource = '', name = '', subresource = ''] = isNamespaced ? rest.slice(2) : rest;
  return { group, version, namespace: isNamespaced ? (rest[1] ?? '') : '', resource, name, subresource };
}

/** The name and values of a case's query, one pair for each value. */
export function pairsOf(query: Readonly<Record<string, string | readonly string[]>>): [string, string][] {
  return Object.entries(query).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as [string, string]] : value.map((one) => [name, one] as [string, string])));
}

export function bytesOf(body: object | string | undefined): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  return Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A body as the outcomes have it. */
export function readable(bytes: Uint8Array, contentType: string): unknown {
  if (contentType.includes('json')) return bytes.length === 0 ? undefined : JSON.parse(Buffer.from(bytes).toString());
  return Buffer.from(bytes).toString(contentType.includes('protobuf') ? 'hex' : 'utf8');
}

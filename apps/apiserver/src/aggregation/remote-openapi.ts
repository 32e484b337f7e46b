import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { OtherDocuments } from '../openapi/documents.ts';
import { aggregatorUser } from './availability-controller.ts';
import { identityHeaders } from './identity-headers.ts';
import { aggregationLimits } from './limits.ts';
import { asV3, partOf, type OpenApiPart } from '../openapi/openapi-part.ts';
import { Refresher, spokesman, type RefresherPorts, type Served } from './refresher.ts';
import { RemoteError, type Fetched, type RemoteClient } from './remote-client.ts';
import { serverKey, type ApiServiceTable, type RemoteService } from './service-table.ts';

const zip = promisify(gzip);
const unzip = promisify(gunzip);
const json = 'application/json';

/** What is kept of one server's documents. */
interface Kept {
  /** Paths of OpenAPI v3 (`apis/GROUP/VERSION`) with what names their content; absent where the server only has v2. */
  readonly v3: ReadonlyMap<string, string> | undefined;
  /** The part of v2, compressed. */
  readonly v2: Uint8Array | undefined;
  /** Of the part when it is not compressed. */
  readonly v2Bytes: number;
  readonly etag: string;
  /** The APIServices that the part was cut for. */
  readonly of: string;
}

/** OpenAPI of the servers behind APIServices: v2 as a part of this server's own document, v3 as paths that lead to them. */
export class RemoteOpenApi implements OtherDocuments {
  readonly #table: ApiServiceTable;
  readonly #client: Pick<RemoteClient, 'fetch'>;
  readonly #refresher: Refresher;
  readonly #kept = new Map<string, Kept>();
  #generation = 0;

  constructor(client: Pick<RemoteClient, 'fetch'>, ports: RefresherPorts) {
    this.#table = ports.table;
    this.#client = client;
    this.#refresher = new Refresher(ports, "an aggregated server's OpenAPI documents cannot be read", (served, signal) => this.#read(served, signal), (key) => this.#forget(key));
  }

  start(): void {
    this.#refresher.start();
  }

  stop(): void {
    this.#refresher.stop();
  }

  get generation(): number {
    return this.#generation + this.#table.generation;
  }

  get v3Paths(): ReadonlyMap<string, string> {
    const paths = new Map<string, string>();
    for (const remote of this.#table.remotes.values()) {
      const path = pathOf(remote);
      const hash = this.#kept.get(serverKey(remote))?.v3?.get(path);
      if (hash !== undefined) paths.set(path, hash);
    }
    return paths;
  }

  get v2Hash(): string {
    return [...this.#kept].flatMap(([key, { v2, etag, of }]) => (v2 === undefined ? [] : [`${key} ${of} ${etag}`])).toSorted().join('\n');
  }

  isOther(path: string): boolean {
    const { group, version } = groupVersionOfPath(path);
    return this.#table.remoteOf(group, version) !== undefined;
  }

  async v2Parts(): Promise<readonly OpenApiPart[]> {
    const parts: OpenApiPart[] = [];
    for (const { v2 } of this.#kept.values()) if (v2 !== undefined) parts.push(await unpacked(v2));
    return parts;
  }

  /** Made of v2, for servers that have no v3 of their own: others are asked themselves. */
  async v3(path: string): Promise<object | undefined> {
    const { group, version } = groupVersionOfPath(path);
    const remote = this.#table.remoteOf(group, version);
    const kept = remote === undefined ? undefined : this.#kept.get(serverKey(remote));
    if (kept === undefined || kept.v2 === undefined || kept.etag === '' || !isMade(kept.v3?.get(path))) return undefined;
    const { paths, definitions } = await unpacked(kept.v2);
    return asV3(partOf({ swagger: '2.0', paths, definitions }, [{ group, version }]));
  }

  /** Whether the server itself has the document of this path. */
  isServedThere(path: string): boolean {
    const { group, version } = groupVersionOfPath(path);
    const remote = this.#table.remoteOf(group, version);
    return remote !== undefined && !isMade(this.#kept.get(serverKey(remote))?.v3?.get(path));
  }

  #forget(key: string): void {
    if (this.#kept.delete(key)) this.#generation++;
  }

  async #read(served: Served, signal: AbortSignal): Promise<void> {
    // What is known stays while nothing can be asked.
    if (served.every(({ isAvailable }) => !isAvailable)) return;
    const key = serverKey(served[0]);
    const before = this.#kept.get(key);
    const of = served.map(({ name }) => name).join(' ');
    const v2 = await this.#v2(served, before?.of === of ? before : undefined, signal);
    const v3 = (await this.#v3(served, signal)) ?? (v2.v2 === undefined ? undefined : new Map(served.map((remote) => [pathOf(remote), `${madeMark}${v2.etag}`] as const)));
    const next: Kept = { v3, ...v2, of };
    this.#checkFits(key, next);
    this.#kept.set(key, next);
    if (before === undefined || before.of !== of || before.etag !== next.etag || before.v2 !== next.v2 || JSON.stringify([...(before.v3 ?? [])]) !== JSON.stringify([...(v3 ?? [])])) this.#generation++;
  }

  /** Right before it is kept: other servers' documents come at the same time. */
  #checkFits(key: string, next: Kept): void {
    const all = [...[...this.#kept].flatMap(([other, kept]) => (other === key ? [] : [kept])), next];
    const packed = all.reduce((sum, { v2 }) => sum + (v2?.length ?? 0), 0);
    const unpacked = all.reduce((sum, { v2Bytes }) => sum + v2Bytes, 0);
    if (packed > aggregationLimits.openApiKeptBytesMax) throw new RemoteError(`the documents of all servers have more than ${aggregationLimits.openApiKeptBytesMax} bytes, compressed`);
    if (unpacked > aggregationLimits.openApiUnpackedBytesMax) throw new RemoteError(`the documents of all servers have more than ${aggregationLimits.openApiUnpackedBytesMax} bytes`);
  }

  async #v3(served: Served, signal: AbortSignal): Promise<Map<string, string> | undefined> {
    const { status, body } = await this.#fetch(spokesman(served), '/openapi/v3', {}, signal);
    if (status !== 200) {
      if (status >= 500) throw new RemoteError(`/openapi/v3 was answered with ${status}`);
      return undefined;
    }
    const { paths = {} } = JSON.parse(body.toString()) as { paths?: Readonly<Record<string, { serverRelativeURL?: unknown } | undefined>> };
    const found = new Map<string, string>();
    for (const remote of served) {
      const path = pathOf(remote);
      const url = Object.hasOwn(paths, path) ? paths[path]?.serverRelativeURL : undefined;
      if (typeof url === 'string') found.set(path, new URL(url, 'https://server').searchParams.get('hash')?.slice(0, hashLengthMax) ?? '');
    }
    return found;
  }

  async #v2(served: Served, before: Kept | undefined, signal: AbortSignal): Promise<Pick<Kept, 'v2' | 'v2Bytes' | 'etag'>> {
    const { status, headers, body } = await this.#fetch(spokesman(served), '/openapi/v2', before === undefined || before.etag === '' ? {} : { 'if-none-match': [before.etag] }, signal);
    if (status === 304 && before !== undefined) return { v2: before.v2, v2Bytes: before.v2Bytes, etag: before.etag };
    if (status !== 200) {
      if (status >= 500) throw new RemoteError(`/openapi/v2 was answered with ${status}`);
      return { v2: undefined, v2Bytes: 0, etag: '' };
    }
    const part = partOf(JSON.parse(body.toString()), served);
    const text = JSON.stringify(part);
    const bytes = Buffer.from(text);
    const v2 = await zip(bytes);
    const isSame = before?.v2 !== undefined && Buffer.compare(before.v2, v2) === 0;
    return { v2: isSame ? before.v2 : v2, v2Bytes: bytes.length, etag: headers['etag'] ?? `"${createHash('sha256').update(text).digest('hex')}"` };
  }

  #fetch(remote: RemoteService, path: string, headers: Record<string, string[]>, signal: AbortSignal): Promise<Fetched> {
    return this.#client.fetch(remote, path, { ...identityHeaders(aggregatorUser), accept: [json], ...headers }, { timeoutMs: aggregationLimits.documentMs, bytesMax: aggregationLimits.openApiBytesMax, signal });
  }
}

const hashLengthMax = 256;
/** Before the hash of a document that is made here. */
const madeMark = 'made-';

function isMade(hash: string | undefined): boolean {
  return hash?.startsWith(madeMark) === true;
}

function pathOf({ group, version }: RemoteService): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

function groupVersionOfPath(path: string): { readonly group: string; readonly version: string } {
  const parts = path.split('/');
  return parts[0] === 'api' ? { group: '', version: parts[1] ?? '' } : { group: parts[1] ?? '', version: parts[2] ?? '' };
}

async function unpacked(zipped: Uint8Array): Promise<OpenApiPart> {
  return JSON.parse((await unzip(zipped, { maxOutputLength: aggregationLimits.openApiUnpackedBytesMax })).toString()) as OpenApiPart;
}

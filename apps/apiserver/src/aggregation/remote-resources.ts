import type { IncomingMessage } from 'node:http';
import { ApiError, errorFromStatus, notFound, reasonCodes, type StatusReason } from '@rhythm/api';
import type { Status } from '@rhythm/api/types/meta-v1';
import { withTimeout, type Clock } from '@rhythm/base';
import { readAnswer } from '@rhythm/http';
import type { RemoteResources } from '../pipeline/ports.ts';
import { timeoutOf, tooLate } from '../pipeline/timeout.ts';
import type { RenderedEvent, RequestOptions, ResourceRequest, ResourceResponse, ResourceWatch, UserInfo } from '../ports/types.ts';
import { answerOf, unreachable } from '../proxy/index.ts';
import { identityHeaders } from './identity-headers.ts';
import { aggregationLimits } from './limits.ts';
import { RemoteError, type RemoteClient } from './remote-client.ts';
import { unavailable } from './remote-face.ts';
import { apiServices, registrationGroup, type ApiServiceTable, type RemoteService } from './service-table.ts';
import { listOfResources } from './discovery-documents.ts';
import type { RemoteDiscovery } from './remote-discovery.ts';

const methods: Readonly<Record<string, string>> = { get: 'GET', list: 'GET', watch: 'GET', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETE' };
const eventTypes = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);
const textType = 'application/json';

export interface RemoteResourcePorts {
  readonly table: ApiServiceTable;
  readonly client: RemoteClient;
  readonly discovery: Pick<RemoteDiscovery, 'of'>;
  readonly clock: Clock;
  /** Deadline of everything that is not a watch. */
  readonly requestMs: number;
}

/** Requests of the gRPC face (and of programs in process) on resources of other servers: as HTTP, with the same outcome. */
export class RemoteResourceRequests implements RemoteResources {
  readonly #ports: RemoteResourcePorts;

  constructor(ports: RemoteResourcePorts) {
    this.#ports = ports;
  }

  serves(request: ResourceRequest): boolean {
    return isResourcesRequest(request) || this.#ports.table.remoteOf(request.group, request.version) !== undefined;
  }

  async handle(request: ResourceRequest, user: UserInfo): Promise<ResourceResponse> {
    if (isResourcesRequest(request)) return this.#resources(request.name);
    const limit = withTimeout(this.#ports.clock, timeoutOf(request, this.#ports.requestMs), tooLate, request.signal);
    try {
      const body = request.loadBody === undefined ? request.body : await request.loadBody();
      const message = await this.#send(request, user, body, request.accept, limit.signal);
      const answer = await readAnswer(message, aggregationLimits.responseBytesMax, (why) => new RemoteError(why));
      const code = message.statusCode ?? 0;
      if (code < 200 || code >= 300) throw refusal(code, answer);
      return { code, contentType: message.headers['content-type'] ?? textType, body: answer, warnings: warningsOf(message) };
    } catch (error) {
      if (limit.signal.aborted) throw limit.signal.reason;
      throw unreachable(error);
    } finally {
      limit.cancel();
    }
  }

  /**
   * `apiservices/NAME/resources`: what the group version has, as its server said last. The components' own way to what others read from discovery,
   * which gRPC does not have. @throws ApiError NotFound for what this server serves itself, ServiceUnavailable while it is not known.
   */
  #resources(name: string): ResourceResponse {
    const remote = this.#ports.table.remotes.get(name);
    if (remote === undefined) throw notFound({ group: registrationGroup, resource: apiServices }, name);
    const { resources, isStale } = this.#ports.discovery.of(remote);
    if (isStale || !remote.isAvailable) throw new ApiError('ServiceUnavailable', `stale GroupVersion discovery: ${remote.group}/${remote.version}`);
    return { code: 200, contentType: textType, body: Buffer.from(JSON.stringify(listOfResources(resources, remote.group, remote.version))), warnings: [] };
  }

  async watch(request: ResourceRequest, user: UserInfo, end: () => void): Promise<ResourceWatch> {
    const ended = new AbortController();
    const onGone = (): void => ended.abort(request.signal.reason);
    if (request.signal.aborted) onGone();
    else request.signal.addEventListener('abort', onGone, { once: true });
    const message = await this.#begun(request, user, ended);
    ended.signal.addEventListener('abort', end, { once: true });
    const close = (): void => {
      request.signal.removeEventListener('abort', onGone);
      ended.abort(new Error('the watch is over'));
    };
    return Object.assign({ [Symbol.asyncIterator]: () => batchesOf(message, close) }, { contentType: textType });
  }

  /** The stream of a watch that has begun; it has as long for that as any other request. */
  async #begun(request: ResourceRequest, user: UserInfo, ended: AbortController): Promise<IncomingMessage> {
    const { clock, requestMs } = this.#ports;
    const late = clock.setTimer(requestMs, () => ended.abort(tooLate()));
    try {
      // Events are taken apart here, and only JSON can be.
      const message = await this.#send(request, user, new Uint8Array(), textType, ended.signal);
      const code = message.statusCode ?? 0;
      if (code !== 200) throw refusal(code, await readAnswer(message, aggregationLimits.eventBytesMax, (why) => new RemoteError(why)));
      // Also when nobody ever reads it.
      if (ended.signal.aborted) throw ended.signal.reason;
      return message;
    } catch (error) {
      if (ended.signal.aborted) throw ended.signal.reason;
      throw error;
    } finally {
      late.cancel();
    }
  }

  async #send(request: ResourceRequest, user: UserInfo, body: Uint8Array, accept: string, signal: AbortSignal): Promise<IncomingMessage> {
    const service = this.#serviceOf(request);
    const method = methods[request.verb];
    if (method === undefined) throw new ApiError('MethodNotAllowed', `the verb ${JSON.stringify(request.verb)} is not one that another server could be asked for`);
    const at = await this.#ports.client.locate(service).catch((error: unknown) => {
      throw unavailable(true, error);
    });
    const headers = {
      ...identityHeaders(user),
      accept: [accept],
      ...(request.userAgent === '' ? {} : { 'user-agent': [request.userAgent] }),
      ...(body.length === 0 ? {} : { 'content-type': [request.contentType], 'content-length': [String(body.length)] }),
    };
    const outgoing = this.#ports.client.open(service, at, { method, path: pathOf(request), headers }, signal);
    outgoing.end(body);
    const answer = await answerOf(outgoing);
    if (answer.kind === 'reply') return answer.message;
    answer.socket.destroy();
    throw new ApiError('InternalError', 'the server changed protocol without being asked to', { code: 502 });
  }

  #serviceOf({ group, version }: ResourceRequest): RemoteService {
    const service = this.#ports.table.remoteOf(group, version);
    if (service?.isAvailable !== true) throw unavailable(true);
    return service;
  }
}

function isResourcesRequest({ verb, group, resource, subresource }: ResourceRequest): boolean {
  return subresource === 'resources' && group === registrationGroup && resource === apiServices && verb === 'get';
}

/** The URL that a request would have had over HTTP. */
function pathOf({ group, version, namespace, resource, name, subresource, verb, options }: ResourceRequest): string {
  const parts = [...(group === '' ? ['api', version] : ['apis', group, version]), ...(namespace === '' ? [] : ['namespaces', namespace]), resource, ...(name === '' ? [] : [name]), ...(subresource === '' ? [] : subresource.split('/'))];
  if (parts.some((part) => part === '' || part === '.' || part === '..')) throw new ApiError('BadRequest', 'the request names nothing that there could be');
  const query = queryOf(options);
  if (verb === 'watch') query.set('watch', 'true');
  const text = query.toString();
  return `/${parts.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

function queryOf(options: RequestOptions): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value as string | number | boolean | undefined]) if (one !== undefined) query.append(name, String(one));
  }
  return query;
}

/** The error that an answer stands for: its Status, where it is one. */
function refusal(code: number, body: Buffer): ApiError {
  if (code >= 300 && code < 400) return new ApiError('InternalError', 'the backend attempted to redirect this request, which is not permitted', { code: 502 });
  try {
    const status = JSON.parse(body.toString()) as Status;
    if (status.kind === 'Status') return errorFromStatus({ ...status, code: status.code ?? code });
  } catch {
    // Other servers say it in their own words.
  }
  const reason = (Object.keys(reasonCodes) as StatusReason[]).find((candidate) => reasonCodes[candidate] === code) ?? 'InternalError';
  return new ApiError(reason, body.toString().trim().slice(0, 512) || `the server answered ${code}`, { code: code >= 400 ? code : 502 });
}

function warningsOf({ headers }: IncomingMessage): string[] {
  const all = headers['warning'];
  return all === undefined ? [] : [...all.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1'));
}

/** The events of a watch in JSON, one after the other (`{"type":…,"object":…}` and a line end). */
async function* batchesOf(message: IncomingMessage, close: () => void): AsyncGenerator<readonly RenderedEvent[]> {
  try {
    let rest: Buffer = Buffer.alloc(0);
    for await (const piece of message as AsyncIterable<Buffer>) {
      let from = 0;
      const events: RenderedEvent[] = [];
      for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, from)) {
        const line = rest.length === 0 ? piece.subarray(from, at) : Buffer.concat([rest, piece.subarray(from, at)]);
        rest = Buffer.alloc(0);
        from = at + 1;
        if (line.length > 0) events.push(eventOf(line));
      }
      if (from < piece.length) rest = Buffer.concat([rest, piece.subarray(from)]);
      if (rest.length > aggregationLimits.eventBytesMax) throw new ApiError('InternalError', `an event of the watch has more than ${aggregationLimits.eventBytesMax} bytes`, { code: 502 });
      if (events.length > 0) yield events;
    }
  } finally {
    message.destroy();
    close();
  }
}

/** The object's own bytes, so that no number in it changes, where the event has the usual form. */
function eventOf(line: Buffer): RenderedEvent {
  const text = line.toString();
  const usual = /^\{"type":"([A-Z]+)","object":/.exec(text);
  const event = JSON.parse(text) as { type: string; object: unknown };
  const { type, object } = event;
  if (!eventTypes.has(type)) throw new ApiError('InternalError', 'the watch brought what is no event', { code: 502 });
  const bytes = usual === null || Object.keys(event).length !== 2 ? Buffer.from(JSON.stringify(object)) : Buffer.from(text.slice(usual[0].length).trimEnd().slice(0, -1));
  return { type: type as RenderedEvent['type'], object: bytes };
}

import { toApiError } from '@rhythm/api';
import type { AuditRecord } from '../audit/auditor.ts';
import { boundedPlace, type Place } from '../flow-control/index.ts';
import { limits } from '../limits.ts';
import type { Measured } from '../metrics/request-metrics.ts';
import { SlicedBody } from '../render/sliced-body.ts';
import type { PipelinePorts } from './ports.ts';
import type { RequestAttributes, ResourceRequest, ResourceResponse } from '../ports/types.ts';

/** What is counted and written down of one request on its way. */
export class Track {
  readonly #ports: PipelinePorts;
  readonly #request: ResourceRequest;
  readonly #measured: Measured | undefined;
  #audit: AuditRecord | undefined;
  #place: Place | undefined;

  constructor(ports: PipelinePorts, request: ResourceRequest) {
    this.#ports = ports;
    this.#request = request;
    this.#measured = ports.metrics?.begin(request);
  }

  /** Known as soon as somebody is identified; who cannot be has no name. */
  identified(attributes: RequestAttributes): void {
    const { caller, userAgent, contentType } = this.#request;
    this.#audit ??= this.#ports.audit?.begin(attributes, { uri: uriOf(this.#request), address: caller.address ?? '', userAgent, contentType, auditId: caller.auditId });
  }

  /** Let in; the place is given back when the request is over. A watch has one only until it has begun, and may wait for that longer than any request may take. */
  entered(place: Place): void {
    this.#place = this.#request.verb === 'watch' ? this.#bounded(place) : place;
  }

  leave(): void {
    this.#place?.leave();
  }

  /** A reply in pieces keeps its place until it has been read or its reader has gone, but no longer than a request may take: who reads slowly keeps nobody out. */
  held(response: ResourceResponse, signal: AbortSignal): ResourceResponse {
    const { body } = response;
    if (this.#place === undefined || body instanceof Uint8Array) return response;
    const place = this.#bounded(this.#place);
    const leave = (): void => {
      signal.removeEventListener('abort', leave);
      place.leave();
    };
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    return { ...response, body: body instanceof SlicedBody ? new SlicedBody(untilRead(body.groups, leave)) : untilRead(body, leave) };
  }

  #bounded(place: Place): Place {
    const { clock, timeouts } = this.#ports;
    return boundedPlace(place, clock, timeouts?.requestMs ?? limits.requestTimeoutMs);
  }

  decided(isAllowed: boolean, reason: string): void {
    this.#audit?.decided(isAllowed, reason);
  }

  /** How admission puts notes into the audit log, where there is one. */
  annotator(): { readonly annotate?: (key: string, value: string) => void } {
    const audit = this.#audit;
    return audit?.isWritten === true ? { annotate: (key, value) => audit.annotate(key, value) } : {};
  }

  taken(body: Uint8Array): void {
    this.#audit?.taken(body);
  }

  /** A watch or stream is open; how it ends is told by `done`, or not at all. */
  started(code: number): void {
    this.#audit?.started(code);
  }

  done(response: Pick<ResourceResponse, 'code' | 'contentType' | 'body'>): void {
    this.#measured?.done(response.code);
    if (response.body instanceof Uint8Array) this.leave();
    const answer = response.body instanceof Uint8Array && response.contentType.includes('json') ? response.body : undefined;
    this.#audit?.completed(response.code, undefined, answer);
  }

  failed(error: unknown): void {
    const { code, message } = toApiError(error);
    this.#measured?.done(code);
    this.leave();
    this.#audit?.completed(code, message);
  }
}

async function* untilRead<T>(body: AsyncIterable<T>, done: () => void): AsyncGenerator<T> {
  try {
    for await (const piece of body) yield piece;
  } finally {
    done();
  }
}

/** The path of a request, whichever face it came in by. */
function uriOf({ group, version, namespace, resource, name, subresource, query }: ResourceRequest): string {
  const parts = [...(group === '' ? ['api', version] : ['apis', group, version]), ...(namespace === '' ? [] : ['namespaces', namespace]), resource, ...(name === '' ? [] : [name]), ...(subresource === '' ? [] : [subresource])];
  const text = query?.toString() ?? '';
  return `/${parts.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

import { toApiError } from '@rhythm/api';
import type { AuditRecord } from '../audit/auditor.ts';
import type { Measured } from '../metrics/request-metrics.ts';
import type { PipelinePorts } from './ports.ts';
import type { RequestAttributes, ResourceRequest, ResourceResponse } from './types.ts';

/** What is counted and written down of one request on its way. */
export class Track {
  readonly #ports: PipelinePorts;
  readonly #request: ResourceRequest;
  readonly #measured: Measured | undefined;
  #audit: AuditRecord | undefined;

  constructor(ports: PipelinePorts, request: ResourceRequest) {
    this.#ports = ports;
    this.#request = request;
    this.#measured = ports.metrics?.begin(request);
  }

  /** Known as soon as somebody is identified; who cannot be has no name. */
  identified(attributes: RequestAttributes): void {
    const { caller, userAgent, contentType } = this.#request;
    this.#audit ??= this.#ports.audit?.begin(attributes, { uri: uriOf(this.#request), address: caller.address ?? '', userAgent, contentType });
  }

  decided(isAllowed: boolean, reason: string): void {
    this.#audit?.decided(isAllowed, reason);
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
    const answer = response.body instanceof Uint8Array && response.contentType.includes('json') ? response.body : undefined;
    this.#audit?.completed(response.code, undefined, answer);
  }

  failed(error: unknown): void {
    const { code, message } = toApiError(error);
    this.#measured?.done(code);
    this.#audit?.completed(code, message);
  }
}

/** The path of a request, whichever face it came in by. */
function uriOf({ group, version, namespace, resource, name, subresource, query }: ResourceRequest): string {
  const parts = [...(group === '' ? ['api', version] : ['apis', group, version]), ...(namespace === '' ? [] : ['namespaces', namespace]), resource, ...(name === '' ? [] : [name]), ...(subresource === '' ? [] : [subresource])];
  const text = query?.toString() ?? '';
  return `/${parts.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

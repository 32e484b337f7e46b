import { formatMicroTime, randomUuid, type Clock, type Random } from '@rhythm/base';
import type { RequestAttributes, ResourceRequest } from '../ports/types.ts';
import type { AuditDecision, AuditPolicy, AuditStage } from './policy.ts';
import { redacted, redactedUri } from './redact.ts';

/** Largest body that is written down; of larger ones only that they were. */
const bodyBytesMax = 128 * 1024;
/** All notes of admission on one request together. */
const notesBytesMax = 64 * 1024;

export interface AuditPorts {
  readonly policy: AuditPolicy;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  /** Takes one line, without its end; must not throw. */
  write(line: string): void;
}

/** What is known before anybody is identified. */
export type AuditInput = Pick<ResourceRequest, 'userAgent' | 'contentType'> & { readonly uri: string; readonly address: string; readonly auditId?: string | undefined };

/** Writes down who did what (KEP-22): one line of JSON, an Event of audit.k8s.io/v1, for each stage of a request that the policy names. */
export class Auditor {
  readonly #ports: AuditPorts;

  constructor(ports: AuditPorts) {
    this.#ports = ports;
  }

  /** Nobody is lost: a caller who cannot be identified has no name. */
  begin(attributes: RequestAttributes, input: AuditInput): AuditRecord {
    return new AuditRecord(this.#ports, this.#ports.policy.decide(attributes), attributes, input);
  }
}

/** One request on its way. */
export class AuditRecord {
  readonly #ports: AuditPorts;
  readonly #decision: AuditDecision;
  readonly #event: Readonly<Record<string, unknown>>;
  readonly #input: AuditInput;
  readonly #attributes: RequestAttributes;
  #annotations: Readonly<Record<string, string>> = {};
  #notedBytes = 0;
  #body: Uint8Array = new Uint8Array();
  #isComplete = false;

  constructor(ports: AuditPorts, decision: AuditDecision, attributes: RequestAttributes, input: AuditInput) {
    this.#ports = ports;
    this.#decision = decision;
    this.#input = input;
    this.#attributes = attributes;
    this.#event = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: decision.level, auditID: input.auditId ?? randomUuid(ports.random), requestReceivedTimestamp: formatMicroTime(ports.clock.now()), ...whoAndWhat(attributes, input) };
    this.#write('RequestReceived', {});
  }

  /** What the authorizer said. */
  decided(isAllowed: boolean, reason: string): void {
    this.#annotations = { ...this.#annotations, 'authorization.k8s.io/decision': isAllowed ? 'allow' : 'forbid', 'authorization.k8s.io/reason': reason };
  }

  /** Whether anything of the request is written down. */
  get isWritten(): boolean {
    return this.#decision.level !== 'None';
  }

  /** A note of admission. The first under a key stays, as in Kubernetes; what is too much is left out. */
  annotate(key: string, value: string): void {
    const bytes = key.length + value.length;
    if (Object.hasOwn(this.#annotations, key) || this.#notedBytes + bytes > notesBytesMax) return;
    this.#notedBytes += bytes;
    this.#annotations = Object.fromEntries([...Object.entries(this.#annotations), [key, value]]);
  }

  /** The body, which is taken in only for those who may do what they ask for. */
  taken(body: Uint8Array): void {
    this.#body = body;
  }

  /** The answer of a watch or stream has begun. */
  started(code: number): void {
    this.#write('ResponseStarted', { responseStatus: { code } });
  }

  /** @param answer the body of the answer, in JSON; absent where it is none */
  completed(code: number, message?: string, answer?: Uint8Array): void {
    if (this.#isComplete) return;
    this.#isComplete = true;
    const { level } = this.#decision;
    const withBody = level === 'Request' || level === 'RequestResponse';
    this.#write('ResponseComplete', {
      responseStatus: { code, ...(message === undefined ? {} : { status: 'Failure', message }) },
      ...(withBody ? { requestObject: this.#shown(this.#body, this.#input.contentType) } : {}),
      ...(level === 'RequestResponse' && answer !== undefined ? { responseObject: this.#shown(answer, 'application/json') } : {}),
    });
  }

  #shown(bytes: Uint8Array, contentType: string): unknown {
    if (bytes.length === 0) return undefined;
    if (bytes.length > bodyBytesMax || !contentType.includes('json')) return { note: `${bytes.length} bytes of ${contentType} are not shown` };
    try {
      return redacted(JSON.parse(new TextDecoder().decode(bytes)) as unknown, this.#attributes);
    } catch {
      return { note: `${bytes.length} bytes that are no JSON are not shown` };
    }
  }

  #write(stage: AuditStage, more: Readonly<Record<string, unknown>>): void {
    if (this.#decision.level === 'None' || this.#decision.omitStages.has(stage)) return;
    this.#ports.write(JSON.stringify({ ...this.#event, stage, ...more, stageTimestamp: formatMicroTime(this.#ports.clock.now()), ...(stage === 'RequestReceived' ? {} : { annotations: this.#annotations }) }));
  }
}

function whoAndWhat(attributes: RequestAttributes, { uri, address, userAgent }: AuditInput): Record<string, unknown> {
  const { user, verb, isResource, group, version, resource, subresource, namespace, name } = attributes;
  return {
    requestURI: redactedUri(uri),
    verb,
    user: { ...(user.name === '' ? {} : { username: user.name }), ...(user.uid === undefined ? {} : { uid: user.uid }), groups: user.groups, ...(user.extra === undefined ? {} : { extra: user.extra }) },
    ...(address === '' ? {} : { sourceIPs: [address] }),
    userAgent,
    ...(isResource ? { objectRef: { resource, ...(namespace === '' ? {} : { namespace }), ...(name === '' ? {} : { name }), ...(group === '' ? {} : { apiGroup: group }), apiVersion: version, ...(subresource === '' ? {} : { subresource }) } } : {}),
  };
}

import { piecesOf, sessionLimits } from '@rhythm/grpc';
import { Options, Request, Verb, WatchEvent_Type, type ClientFrame } from '@rhythm/proto/api';
import type { TransportEvent, TransportOptions, TransportRequest, TransportVerb } from '../transport.ts';

const verbs: Readonly<Record<TransportVerb, Verb>> = {
  get: Verb.VERB_GET,
  list: Verb.VERB_LIST,
  watch: Verb.VERB_WATCH,
  create: Verb.VERB_CREATE,
  update: Verb.VERB_UPDATE,
  patch: Verb.VERB_PATCH,
  delete: Verb.VERB_DELETE,
  deletecollection: Verb.VERB_DELETE_COLLECTION,
};

const eventTypes: ReadonlyMap<number, TransportEvent['type']> = new Map([
  [WatchEvent_Type.TYPE_ADDED, 'ADDED'],
  [WatchEvent_Type.TYPE_MODIFIED, 'MODIFIED'],
  [WatchEvent_Type.TYPE_DELETED, 'DELETED'],
  [WatchEvent_Type.TYPE_BOOKMARK, 'BOOKMARK'],
  [WatchEvent_Type.TYPE_ERROR, 'ERROR'],
] as const);

/** `undefined` for a type from a newer server. */
export function eventType(type: number): TransportEvent['type'] | undefined {
  return eventTypes.get(type);
}

/** The frames of one request: the first whole, the others only more of its body. */
export function* requestFrames(id: bigint, request: TransportRequest, deadlineMs: number): Generator<{ readonly frame: ClientFrame; readonly bytes: number }> {
  let first = true;
  for (const { piece, more } of piecesOf(request.body, sessionLimits.frameBytesMax)) {
    const value: Request = first ? { ...head(request), body: piece } : { ...emptyRequest, body: piece };
    yield { frame: { id, frame: { $case: 'request', value }, deadlineMs: first ? deadlineMs : 0, trace: '', more }, bytes: piece.length };
    first = false;
  }
}

export function creditFrame(id: bigint, bytes: number): ClientFrame {
  return { id, frame: { $case: 'credit', value: { bytes: BigInt(bytes) } }, deadlineMs: 0, trace: '', more: false };
}

export function cancelFrame(id: bigint): ClientFrame {
  return { id, frame: { $case: 'cancel', value: {} }, deadlineMs: 0, trace: '', more: false };
}

const emptyRequest = Request.create();
const emptyOptions = Options.create();

function head(request: TransportRequest): Omit<Request, 'body'> {
  const { verb, group, version, resource, namespace, name, subresource, contentType, accept } = request;
  return { verb: verbs[verb], group, version, resource, namespace, name, subresource, contentType, accept, options: optionsOf(request.options) };
}

function optionsOf(options: TransportOptions): Options {
  return {
    ...emptyOptions,
    resourceVersion: options.resourceVersion ?? '',
    resourceVersionMatch: options.resourceVersionMatch ?? '',
    labelSelector: options.labelSelector ?? '',
    fieldSelector: options.fieldSelector ?? '',
    limit: BigInt(options.limit ?? 0),
    continue: options.continue ?? '',
    allowWatchBookmarks: options.allowWatchBookmarks ?? false,
    sendInitialEvents: options.sendInitialEvents,
    timeoutSeconds: BigInt(options.timeoutSeconds ?? 0),
    dryRun: [...(options.dryRun ?? [])],
    fieldManager: options.fieldManager ?? '',
    fieldValidation: options.fieldValidation ?? '',
    force: options.force ?? false,
  };
}

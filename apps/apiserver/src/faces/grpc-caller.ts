import { bidi, dialGrpc, GrpcError, joinPieces, Metadata, piecesOf, serverStream, sessionLimits, statusMetadataKey, unary, warningMetadataKey } from '@rhythm/grpc';
import { ApiClient, ApiService, Options, Request, Verb, WatchEvent_Type, type ClientFrames, type ServerFrames, type WatchEvent } from '@rhythm/proto/api';
import { expect } from 'vitest';
import { bytesOf, pairsOf, partsOf, readable, type Outcome } from './case.ts';
import type { Face, Identity, Resolved } from './face.ts';

const verbs = { get: Verb.VERB_GET, list: Verb.VERB_LIST, watch: Verb.VERB_WATCH, create: Verb.VERB_CREATE, update: Verb.VERB_UPDATE, patch: Verb.VERB_PATCH, delete: Verb.VERB_DELETE, deletecollection: Verb.VERB_DELETE_COLLECTION } as const;
const eventNames: ReadonlyMap<number, string> = new Map<number, string>([[WatchEvent_Type.TYPE_ADDED, 'ADDED'], [WatchEvent_Type.TYPE_MODIFIED, 'MODIFIED'], [WatchEvent_Type.TYPE_DELETED, 'DELETED'], [WatchEvent_Type.TYPE_BOOKMARK, 'BOOKMARK'], [WatchEvent_Type.TYPE_ERROR, 'ERROR']]);

/** google.rpc.Code by the HTTP code of a refusal: what docs/grpc.md promises. */
const grpcCodes: Readonly<Record<number, readonly number[]>> = { 400: [3], 401: [16], 403: [7], 404: [5], 405: [12], 406: [3], 409: [6, 10], 410: [11], 413: [3], 415: [3], 422: [3], 429: [8], 500: [13, 14], 503: [14], 504: [4] };

interface Dialled {
  readonly client: ApiClient;
  readonly metadata: (headers: Resolved['headers']) => Metadata;
}

/** Cases as unary calls; watches as a stream of their own. */
export function unaryFace(port: number, ca: string, identities: Readonly<Record<string, Identity>>): Face {
  const dialled = dialler(port, ca, identities);
  return {
    name: 'unary gRPC',
    async send(one) {
      const { client, metadata } = dialled.of(one.as ?? 'admin');
      const settings = { metadata: metadata(one.headers) };
      try {
        if (one.verb === 'watch') return await watched(one, client, settings);
        const method = { get: ApiService.get, list: ApiService.list, create: ApiService.create, update: ApiService.update, patch: ApiService.patch, delete: ApiService.delete, deletecollection: ApiService.deleteCollection }[one.verb];
        const { code, contentType, body, warnings } = await unary(client, method, requestOf(one, bytesOf(one.body)), settings);
        return { code, contentType, body: readable(body, contentType), warnings };
      } catch (error) {
        if (error instanceof GrpcError) return refusal(error);
        throw error;
      }
    },
    close: () => dialled.close(),
  };
}

/** Cases over a Session each: as frames, bodies and replies in pieces. */
export function sessionFace(port: number, ca: string, identities: Readonly<Record<string, Identity>>): Face {
  const dialled = dialler(port, ca, identities);
  return {
    name: 'Session',
    async send(one) {
      const { client, metadata } = dialled.of(one.as ?? 'admin');
      const call = bidi(client, ApiService.session, { metadata: metadata(one.headers) });
      const body = bytesOf(one.body);
      for (const { piece, more } of piecesOf(body, sessionLimits.frameBytesMax)) {
        const frames: ClientFrames = { frames: [{ id: 1n, frame: { $case: 'request', value: requestOf(one, piece) }, deadlineMs: 0, trace: '', more }] };
        void call.write(frames).catch(() => undefined);
      }
      try {
        return await answered(one, call.messages);
      } catch (error) {
        if (error instanceof GrpcError) return refusal(error);
        throw error;
      } finally {
        call.cancel();
      }
    },
    close: () => dialled.close(),
  };
}

async function answered(one: Resolved, messages: AsyncIterable<ServerFrames>): Promise<Outcome> {
  const pieces: Uint8Array[] = [];
  const events: WatchEvent[] = [];
  let warnings: readonly string[] = [];
  for await (const { frames } of messages) {
    for (const { frame, more } of frames) {
      if (frame?.$case === 'events') {
        warnings = [...warnings, ...frame.value.warnings];
        events.push(...frame.value.events);
        if (events.length >= (one.events ?? Infinity)) return { code: 200, contentType: 'application/json', body: events.slice(0, one.events).map(eventOf), warnings };
      } else if (frame?.$case === 'response') {
        const { code, contentType, body } = frame.value;
        pieces.push(body);
        if (more) continue;
        if (one.verb === 'watch' && code === 200) return { code, contentType, body: events.map(eventOf), warnings };
        return { code, contentType, body: readable(joinPieces(pieces), contentType), warnings: frame.value.warnings };
      }
    }
  }
  throw new Error('the session ended without an answer');
}

async function watched(one: Resolved, client: ApiClient, settings: { readonly metadata: Metadata }): Promise<Outcome> {
  const events: WatchEvent[] = [];
  const warnings: string[] = [];
  for await (const message of serverStream(client, ApiService.watch, requestOf(one, new Uint8Array()), settings)) {
    events.push(...message.events);
    warnings.push(...message.warnings);
    if (events.length >= (one.events ?? Infinity)) break;
  }
  return { code: 200, contentType: 'application/json', body: events.slice(0, one.events).map(eventOf), warnings };
}

function eventOf({ type, object }: WatchEvent): object {
  return { type: eventNames.get(type), object: JSON.parse(Buffer.from(object).toString()) as unknown };
}

/** A failed call as the refusal that it stands for; its code and text must agree with the Status that comes with it. */
function refusal(error: GrpcError): Outcome {
  const [status] = error.metadata.get(statusMetadataKey);
  if (status === undefined) throw error;
  const body = JSON.parse(String(status)) as { readonly code: number; readonly message: string };
  expect(grpcCodes[body.code], `gRPC code of ${body.code}`).toContain(error.code);
  expect(error.details).toBe(body.message);
  return { code: body.code, contentType: 'application/json', body, warnings: error.metadata.get(warningMetadataKey).map(String) };
}

function requestOf(one: Resolved, body: Uint8Array): Request {
  return Request.create({ ...partsOf(one.path), verb: verbs[one.verb], body, contentType: one.contentType ?? '', accept: one.accept ?? '', options: optionsOf(one.query) });
}

/** The options that have a field of their own go there as far as their type can say them, the others by name. */
function optionsOf(query: Resolved['query']): Options {
  const options = Options.create();
  for (const [name, value] of pairsOf(query)) {
    if (name === 'dryRun') options.dryRun.push(value);
    else if (name === 'limit' && /^\d+$/.test(value)) options.limit = BigInt(value);
    else if (name === 'timeoutSeconds' && /^\d+$/.test(value)) options.timeoutSeconds = BigInt(value);
    else if (name === 'gracePeriodSeconds' && /^\d+$/.test(value)) options.gracePeriodSeconds = BigInt(value);
    else if (name === 'sendInitialEvents') options.sendInitialEvents = value === 'true';
    else if ((name === 'allowWatchBookmarks' || name === 'force') && value === 'true') options[name] = true;
    else if (name in options && typeof options[name as keyof Options] === 'string' && value !== '') Object.assign(options, { [name]: value });
    else options.parameters.push({ name, value });
  }
  return options;
}

function dialler(port: number, ca: string, identities: Readonly<Record<string, Identity>>): { of(as: string): Dialled; close(): Promise<void> } {
  const open = new Map<string, ApiClient>();
  return {
    of(as) {
      const identity = identities[as] ?? {};
      const tls = { ca, ...(identity.cert === undefined ? {} : { cert: identity.cert, key: identity.key ?? '' }) };
      const client = open.get(as) ?? dialGrpc(ApiClient, { targets: `127.0.0.1:${port}`, tls, userAgent: 'faces/1.0' });
      open.set(as, client);
      return {
        client,
        metadata: (headers = {}) => {
          const metadata = new Metadata();
          if (identity.token !== undefined) metadata.set('authorization', `Bearer ${identity.token}`);
          for (const [name, value] of pairsOf(headers)) metadata.add(name, value);
          return metadata;
        },
      };
    },
    close() {
      for (const client of open.values()) client.close();
      return Promise.resolve();
    },
  };
}

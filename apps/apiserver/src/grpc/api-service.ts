import type { Clock, Log } from '@rhythm/base';
import { contextOf, GrpcError, healthService, reflectionService, serverStreamHandler, status, unaryHandler, type GrpcService, type Health } from '@rhythm/grpc';
import { ApiService, type ApiServer } from '@rhythm/proto/api';
import type { ApiPipeline } from '../ports/types.ts';
import type { Caller } from '../ports/types.ts';
import { callerOf, tokenExpiry } from './caller.ts';
import { grpcErrorOf } from './errors.ts';
import { defaultGrpcLimits, type GrpcLimits } from './limits.ts';
import { Session } from './session.ts';
import { readMethod, unaryMethod, watchMethod } from './unary.ts';

export interface ApiServiceOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: GrpcLimits;
  /** Rejects for callers who are nobody, before anything of theirs is read: a session may keep megabytes of unfinished bodies. */
  authenticate?(caller: Caller): Promise<unknown>;
  /** Sessions at a time; default 20,000. */
  readonly sessionsMax?: number;
}

export interface GrpcFace {
  /** For `serveGrpc`: `rhythm.api.v1.Api`, health and reflection. */
  readonly services: readonly GrpcService[];
  readonly health: Health;
  /** Sessions open now. */
  readonly sessions: number;
  /** Says "not serving": callers go elsewhere. */
  notServing(): void;
  /** Takes no more sessions or requests, and resolves when those under way are answered, or after `ms`. */
  drain(ms: number): Promise<void>;
  /** Says "not serving" and ends every session, so that their callers go elsewhere and the server can stop. */
  close(): void;
}

/** Longest delay that a timer takes. */
const timerMsMax = 2 ** 31 - 1;

/** The gRPC face of the API: the Session and the unary methods, on the same pipeline as the HTTP face. */
export function apiService(pipeline: ApiPipeline, options: ApiServiceOptions): GrpcFace {
  const { clock, log, limits = defaultGrpcLimits, sessionsMax = 20_000 } = options;
  const health = healthService();
  const sessions = new Set<Session>();
  let closed = false;
  const unary = (verb: string) => unaryHandler(unaryMethod(pipeline, verb, limits, clock), grpcErrorOf);

  const implementation: ApiServer = {
    session(call) {
      if (closed || sessions.size >= sessionsMax) {
        call.emit('error', new GrpcError(status.UNAVAILABLE, closed ? 'the server is stopping' : `more than ${sessionsMax} sessions`));
        return;
      }
      const context = contextOf(call);
      const caller = callerOf(context);
      // The place is taken at once, so that those who wait for the answer count too.
      const session = new Session(call, context, { pipeline, clock, log: log.with({ peer: context.peer }), limits });
      const expiry = tokenExpiry(caller);
      const timer = expiry === undefined ? undefined : clock.setTimer(Math.min(expiry - clock.now(), timerMsMax), () => session.close());
      sessions.add(session);
      void (options.authenticate?.(caller) ?? Promise.resolve())
        .then(() => session.run(), (error: unknown) => void call.emit('error', grpcErrorOf(error)))
        .finally(() => {
          timer?.cancel();
          sessions.delete(session);
        });
    },
    get: unary('get'),
    list: unary('list'),
    create: unary('create'),
    update: unary('update'),
    patch: unary('patch'),
    delete: unary('delete'),
    deleteCollection: unary('deletecollection'),
    watch: serverStreamHandler(watchMethod(pipeline, limits), grpcErrorOf),
    read: serverStreamHandler(readMethod(pipeline, limits), grpcErrorOf),
  };

  const notServing = (): void => {
    health.set('', false);
    health.set('rhythm.api.v1.Api', false);
  };
  health.set('rhythm.api.v1.Api', true);
  const services = [{ definition: ApiService, implementation }, health.service];
  return {
    services: [...services, reflectionService(services)],
    health,
    get sessions() {
      return sessions.size;
    },
    notServing,
    async drain(ms) {
      closed = true;
      notServing();
      const enough = new AbortController();
      const timer = clock.setTimer(ms, () => enough.abort());
      await Promise.all([...sessions].map((session) => session.drain(enough.signal)));
      timer.cancel();
    },
    close() {
      closed = true;
      notServing();
      for (const session of sessions) session.close();
    },
  };
}

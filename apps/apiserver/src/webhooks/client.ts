import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { hasReason } from '@rhythm/api';
import { withTimeout, type Clock, type Random } from '@rhythm/base';
import { readAnswer } from '@rhythm/http';
import type { LocatePorts } from '../proxy/locate.ts';
import { CircuitBreaker } from './breaker.ts';
import { answerText, failureText } from './failure-text.ts';
import { webhookLimits } from './limits.ts';
import { checkAddress, targetOf, urlOf, type WebhookAddress, type WebhookTarget } from './target.ts';

export interface WebhookPorts extends LocatePorts {
  readonly clock: Clock;
  readonly random: Random;
}

/** A webhook that could not be called or did not answer as it should; its message begins with `Post "URL": ` where one was sent. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
}

const deadlineText = 'context deadline exceeded';

/** Calls webhooks: JSON over HTTPS to whom their certificates prove to be, within their time, over connections that are kept. */
export class WebhookClient {
  readonly #ports: WebhookPorts;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #agent = new Agent({
    keepAlive: true,
    maxSockets: webhookLimits.connectionsPerHostMax,
    maxFreeSockets: webhookLimits.idleConnectionsPerHostMax,
    maxTotalSockets: Infinity,
    timeout: webhookLimits.idleMs,
    scheduling: 'lifo',
  });

  constructor(ports: WebhookPorts) {
    this.#ports = ports;
  }

  /**
   * Posts a document and reads the answer as JSON.
   * @param timeoutMs for all of it, as the webhook is told. @param leftMs what the caller can wait, when that is less. Rejects with `WebhookError`, or
   * with the reason of `signal` when the caller has gone.
   */
  async post(address: WebhookAddress, document: object, timeoutMs: number, signal?: AbortSignal, leftMs = timeoutMs): Promise<unknown> {
    signal?.throwIfAborted();
    const { clock } = this.#ports;
    const breaker = this.#breakerOf(address, timeoutMs);
    const pauseMs = breaker.enter(clock.monotonic());
    if (pauseMs > 0) throw new WebhookError(`Post ${JSON.stringify(urlOf(address, timeoutMs).href)}: it did not answer ${webhookLimits.breakerFailuresMax} times in a row and is not called for ${Math.ceil(pauseMs)} ms: ${deadlineText}`);
    const began = clock.monotonic();
    const limit = withTimeout(clock, Math.min(timeoutMs, leftMs), () => new Error(deadlineText), signal);
    try {
      const answer = await this.#call(address, JSON.stringify(document), timeoutMs, limit.signal);
      breaker.succeeded();
      return answer;
    } catch (error) {
      if (signal?.aborted === true) {
        breaker.left();
        throw signal.reason;
      }
      breaker.failed(clock.monotonic(), clock.monotonic() - began);
      throw error;
    } finally {
      limit.cancel();
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #call(address: WebhookAddress, body: string, timeoutMs: number, signal: AbortSignal): Promise<unknown> {
    checkAddress(address);
    const target = await targetOf(address, timeoutMs, this.#ports).catch((error: unknown) => {
      // What a service lacks needs no URL to be understood.
      if (hasReason(error, 'NotFound') || hasReason(error, 'ServiceUnavailable')) throw new WebhookError(error.message, { cause: error });
      throw error;
    });
    let text: string;
    try {
      text = await this.#exchange(target, body, signal);
    } catch (error) {
      const why = signal.aborted ? deadlineText : error instanceof RefusedAnswer ? error.message : failureText(error, `${target.host}:${target.port}`);
      throw new WebhookError(error instanceof RefusedAnswer ? why : `Post ${JSON.stringify(target.url)}: ${why}`, { cause: error });
    }
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new WebhookError(`couldn't get version/kind; json parse error: ${(error as Error).message.slice(0, webhookLimits.quotedBytesMax)}`, { cause: error });
    }
  }

  /** A kept connection may just have been closed by the other side, before it saw anything: then a fresh one is used, once. */
  async #exchange(target: WebhookTarget, body: string, signal: AbortSignal): Promise<string> {
    try {
      return await this.#send(target, body, signal);
    } catch (error) {
      if (!(error instanceof StaleConnection) || signal.aborted) throw error;
      return this.#send(target, body, signal);
    }
  }

  #send(target: WebhookTarget, body: string, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest({
        agent: this.#agent,
        host: target.host,
        port: target.port,
        path: target.path,
        method: 'POST',
        servername: target.serverName,
        ...(target.ca === undefined ? {} : { ca: target.ca }),
        minVersion: 'TLSv1.2',
        headers: { host: target.authority, 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'kube-apiserver-admission', 'content-length': Buffer.byteLength(body) },
        maxHeaderSize: webhookLimits.responseHeaderBytesMax,
        signal,
      });
      request.once('response', (message) => {
        textOf(message).then(resolve, reject);
      });
      request.once('error', (error: Error & { readonly code?: string }) => {
        reject(request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE') ? new StaleConnection(error.message, { cause: error }) : error);
      });
      request.end(body);
    });
  }

  #breakerOf({ url, service, caBundle }: WebhookAddress, timeoutMs: number): CircuitBreaker {
    const key = JSON.stringify([url, service?.namespace, service?.name, service?.port, service?.path, caBundle, timeoutMs]);
    const known = this.#breakers.get(key);
    const breaker = known ?? new CircuitBreaker();
    this.#breakers.delete(key);
    this.#breakers.set(key, breaker);
    const [oldest] = this.#breakers.keys();
    if (this.#breakers.size > webhookLimits.breakersMax && oldest !== undefined) this.#breakers.delete(oldest);
    return breaker;
  }
}

class StaleConnection extends Error {}

/** An answer that came, and is none. */
class RefusedAnswer extends Error {}

async function textOf(message: IncomingMessage): Promise<string> {
  const text = (await readAnswer(message, webhookLimits.responseBytesMax, (why) => new RefusedAnswer(why))).toString();
  const code = message.statusCode ?? 0;
  if (code < 200 || code > 206) throw new RefusedAnswer(answerText(code, text.trim().slice(0, webhookLimits.quotedBytesMax)));
  return text;
}

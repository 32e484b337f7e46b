import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { repeatedly, causeChain, withTimeout, type Clock, type Random } from '@rhythm/base';
import { readAnswer } from '@rhythm/http';
import { serverNameOf, type WebhookEndpoint } from './kubeconfig.ts';
import { reviewBackoff, reviewWebhookLimits as limits } from './limits.ts';

/** A webhook that gave no answer, or none that can be used. Says nothing of what was asked. */
export class ReviewFailure extends Error {
  override readonly name = 'ReviewFailure';
}

/** A failure that may be gone at the next attempt. */
class PassingFailure extends Error {}

export interface ReviewPorts {
  readonly clock: Clock;
  readonly random: Random;
}

/** Posts reviews to a webhook, again after failures that pass: no connection, 429, 5xx. */
export class ReviewClient {
  readonly #endpoint: WebhookEndpoint;
  readonly #ports: ReviewPorts;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 8, timeout: 90_000 });
  readonly #requestMs: number;
  #calls = 0;

  /** `requestMs`: for one attempt. */
  constructor(endpoint: WebhookEndpoint, ports: ReviewPorts, requestMs: number = limits.requestMs) {
    this.#requestMs = requestMs;
    this.#endpoint = endpoint;
    this.#ports = ports;
  }

  /** The status of the answer. Rejects with `ReviewFailure`. */
  async ask(review: { readonly kind: string; readonly apiVersion: string; readonly spec: object }): Promise<Readonly<Record<string, unknown>>> {
    if (this.#calls >= limits.callsMax) throw new ReviewFailure('too many questions wait for the webhook');
    this.#calls++;
    const limit = withTimeout(this.#ports.clock, limits.totalMs, () => new Error(`no answer within ${limits.totalMs} ms`));
    try {
      return statusOf(await this.#repeatedly(JSON.stringify(review), limit.signal), review);
    } catch (error) {
      if (error instanceof ReviewFailure) throw error;
      throw new ReviewFailure(`the webhook ${this.#endpoint.url.host} did not answer: ${causeChain(limit.signal.aborted ? limit.signal.reason : error)}`, { cause: error });
    } finally {
      limit.cancel();
      this.#calls--;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #repeatedly(body: string, signal: AbortSignal): Promise<unknown> {
    const isPassing = (error: unknown, failures: number): boolean => error instanceof PassingFailure && failures + 1 < limits.attemptsMax && !signal.aborted;
    return repeatedly(() => this.#once(body, signal), { ...this.#ports, isPassing, backoff: reviewBackoff, signal });
  }

  async #once(body: string, parent: AbortSignal): Promise<unknown> {
    const limit = withTimeout(this.#ports.clock, this.#requestMs, () => new PassingFailure(`no answer within ${this.#requestMs} ms`), parent);
    try {
      const message = await this.#send(body, limit.signal);
      const code = message.statusCode ?? 0;
      const text = (await readAnswer(message, limits.answerBytesMax)).toString();
      if (code === 429 || code >= 500) throw new PassingFailure(`it answered ${code}`);
      if (code < 200 || code > 299) throw new Error(`it answered ${code}`);
      return JSON.parse(text) as unknown;
    } catch (error) {
      // What the parser says quotes the answer.
      if (error instanceof SyntaxError) throw new Error('its answer is not JSON', { cause: undefined });
      throw limit.signal.aborted && !parent.aborted ? (limit.signal.reason as Error) : error;
    } finally {
      limit.cancel();
    }
  }

  #send(body: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { url, ca, cert, key, token } = this.#endpoint;
    return new Promise((resolve, reject) => {
      const call = httpsRequest(url, {
        method: 'POST',
        agent: this.#agent,
        servername: serverNameOf(this.#endpoint),
        minVersion: 'TLSv1.2',
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined || key === undefined ? {} : { cert, key }),
        headers: { 'content-type': 'application/json', accept: 'application/json', 'content-length': Buffer.byteLength(body), ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        signal,
      });
      call.once('response', resolve);
      call.once('error', (error) => reject(signal.aborted ? error : new PassingFailure(error.message)));
      call.end(body);
    });
  }
}

function statusOf(answer: unknown, asked: { readonly kind: string; readonly apiVersion: string }): Readonly<Record<string, unknown>> {
  const { kind, apiVersion, status } = (typeof answer === 'object' && answer !== null ? answer : {}) as { kind?: unknown; apiVersion?: unknown; status?: unknown };
  if (kind !== asked.kind || apiVersion !== asked.apiVersion) throw new Error(`its answer is no ${asked.kind} of ${asked.apiVersion}`);
  if (typeof status !== 'object' || status === null || Array.isArray(status)) throw new Error('its answer has no status');
  return status as Readonly<Record<string, unknown>>;
}

import { ApiException } from '@kubernetes/client-node';
import { expect } from 'vitest';

/** A refusal as the API tells it. */
export interface Refusal {
  readonly code: number;
  readonly reason?: string;
  readonly message?: string | RegExp;
}

interface Status {
  readonly code: number;
  readonly reason?: string;
  readonly message?: string;
}

/** An answer that was not what `k.get` and its like must get. */
export class Unexpected extends Error {
  readonly code: number;
  readonly text: string;

  constructor(message: string, { code, text }: { readonly code: number; readonly text: string }) {
    super(`${message}: ${text}`);
    this.code = code;
    this.text = text;
  }
}

/** Expects that a request is refused, and how; takes what clients throw and what `k.raw` gives. Gives the Status. */
export async function fails(request: Promise<unknown>, { code, reason, message }: Refusal): Promise<Status> {
  const status = await statusOf(request);
  expect({ code: status.code, ...(reason === undefined ? {} : { reason: status.reason }) }, status.message).toEqual({ code, ...(reason === undefined ? {} : { reason }) });
  if (message instanceof RegExp) expect(status.message).toMatch(message);
  else if (message !== undefined) expect(status.message).toContain(message);
  return status;
}

async function statusOf(request: Promise<unknown>): Promise<Status> {
  try {
    const answer = await request;
    const { code, text } = (answer ?? {}) as { code?: number; text?: string };
    if (typeof code === 'number' && code >= 400 && typeof text === 'string') return parsed(code, text);
  } catch (error) {
    if (error instanceof Unexpected) return parsed(error.code, error.text);
    if (!(error instanceof ApiException)) throw error;
    return parsed(error.code, error.body as unknown);
  }
  throw new Error('the request was not refused');
}

function parsed(code: number, body: unknown): Status {
  if (typeof body !== 'string') return { ...(body as object), code };
  try {
    return { ...(JSON.parse(body) as Status), code };
  } catch {
    return { code, message: body };
  }
}

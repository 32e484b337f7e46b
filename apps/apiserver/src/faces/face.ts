import type { Case, Outcome } from './case.ts';

export interface Identity {
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

/** A case whose functions were called. */
export type Resolved = Omit<Case, 'query' | 'body'> & { readonly query: Readonly<Record<string, string | readonly string[]>>; readonly body?: object | string };

/** One way to send a request. */
export interface Face {
  readonly name: string;
  send(one: Resolved): Promise<Outcome>;
  close(): Promise<void>;
}

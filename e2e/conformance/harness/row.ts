import { test } from 'vitest';
import { Context } from './context.ts';
import { ledger, passWithoutSemantics } from './ledger.ts';
import { rowMs, semantics, within } from './patience.ts';

export interface RowOptions {
  /** Not at the same time as other rows of the file: it changes what they rely on. */
  readonly alone?: boolean;
  /** Waits for the default ServiceAccount first; for rows with pods. */
  readonly pods?: boolean;
  /** Default 240 s. */
  readonly timeoutMs?: number;
}

/** Files of a run share this module. */
const declared = new Set<string>();

/**
 * The test of one row of the ledger. Against a server without semantics it must not pass, or be named in passes-without-semantics.tsv.
 * @throws when the ledger has no such row, or it has a test already.
 */
export function row(id: string, body: (k: Context) => Promise<void>, { alone = false, pods = false, timeoutMs = rowMs }: RowOptions = {}): void {
  const known = ledger.get(id);
  if (known === undefined) throw new Error(`rows.tsv has no row ${id}`);
  if (declared.has(id)) throw new Error(`row ${id} has a test already`);
  declared.add(id);
  const run = async (): Promise<void> => {
    const k = await Context.begin(id);
    try {
      if (pods) await k.settled();
      await (semantics === 'none' ? mustFail(id, body(k)) : body(k));
    } finally {
      await k.end();
    }
  };
  const declare = alone ? test : test.concurrent;
  declare(`${id}: ${known.must}`, run, semantics === 'none' ? 20 * rowMs : timeoutMs);
}

async function mustFail(id: string, outcome: Promise<void>): Promise<void> {
  const reason = passWithoutSemantics.get(id);
  const failure = await within(outcome, id, rowMs).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure === undefined && reason === undefined) throw new Error('passes without semantics: it must look at what the server does beyond storing');
  if (failure !== undefined && reason !== undefined) throw new Error('does not pass without semantics any more: passes-without-semantics.tsv must lose its line', { cause: failure });
}

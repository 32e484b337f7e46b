import { fromStored, type KindDefinition } from '@rhythm/api';
import type { Instant } from '@rhythm/base';
import { metadataRange, parseObject } from '../stored/stored-form.ts';
import type { Entry } from '../watch-cache/entry.ts';
import { cellsOf, rowTemplate, type RowTemplate } from './row-template.ts';

interface Row {
  readonly kind: KindDefinition;
  readonly template: RowTemplate;
  readonly from: number;
  readonly to: number;
}

/** What rows of Tables show of entries, remembered for as long as the entries live: an entry is parsed for its first row only. */
export class Rows {
  readonly #rows = new WeakMap<Entry, Row>();

  /** The cells of an entry as JSON and the slice of its metadata; `undefined` where a row has to be made from the object. */
  of(kind: KindDefinition, entry: Entry, now: Instant): { readonly cells: string; readonly metadata: Uint8Array } | undefined {
    // Another version shows other metadata.
    if (kind.storedAs !== undefined) return undefined;
    let row = this.#rows.get(entry);
    if (row?.kind !== kind) {
      row = rowOf(kind, entry, now);
      if (row === undefined) return undefined;
      this.#rows.set(entry, row);
    }
    return { cells: cellsOf(row.template, now), metadata: entry.bytes.subarray(row.from, row.to) };
  }
}

function rowOf(kind: KindDefinition, entry: Entry, now: Instant): Row | undefined {
  const range = metadataRange(kind, entry.bytes);
  if (range === undefined) return undefined;
  const template = rowTemplate(kind, fromStored(kind, parseObject(entry.bytes)), now);
  return template === undefined ? undefined : { kind, template, from: range[0], to: range[1] };
}

import { fromStored, type KindDefinition } from '@rhythm/api';
import type { Instant } from '@rhythm/base';
import { metadataPlace, parseWithoutFields } from '../stored/metadata-place.ts';
import { parseObject } from '../stored/stored-form.ts';
import type { Entry } from '../watch-cache/entry.ts';
import type { KeptForms } from './kept-forms.ts';
import { cellsOf, rowTemplate, type RowTemplate } from './row-template.ts';

interface Row {
  readonly template: RowTemplate;
  readonly from: number;
  readonly to: number;
}

const form = 'row';
/** A row without its texts, and what each text takes besides its characters, about. */
const rowBytes = 200;
const textBytes = 48;

/** What rows of Tables show of entries, remembered: an entry that is shown again is not parsed. */
export class Rows {
  readonly #kept: KeptForms;

  constructor(kept: KeptForms) {
    this.#kept = kept;
  }

  /** The cells of an entry as JSON, and where in it its metadata are; `undefined` where a row has to be made from the object. */
  of(kind: KindDefinition, entry: Entry, now: Instant): { readonly cells: string; readonly from: number; readonly to: number } | undefined {
    // Another version shows other metadata.
    if (kind.storedAs !== undefined) return undefined;
    let row = this.#kept.valueOf(form, kind, entry) as Row | undefined;
    if (row === undefined) {
      row = rowOf(kind, entry.bytes, now);
      if (row === undefined) return undefined;
      this.#kept.keepValue(form, kind, entry, row, row.template.texts.reduce((sum, { length }) => sum + length + textBytes, rowBytes));
    }
    return { cells: cellsOf(row.template, now), from: row.from, to: row.to };
  }
}

function rowOf(kind: KindDefinition, bytes: Uint8Array, now: Instant): Row | undefined {
  const place = metadataPlace(kind, bytes);
  if (place === undefined) return undefined;
  // Columns of custom resources may show anything.
  const object = kind.schema.proto === undefined ? parseObject(bytes) : parseWithoutFields(bytes, place);
  const template = rowTemplate(kind, fromStored(kind, object), now);
  return template === undefined ? undefined : { template, from: place.from, to: place.to };
}

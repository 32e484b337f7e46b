import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalise } from '../schema/canonicalise.ts';
import { schemaFor } from '../schema/table.ts';
import { decodeProtobuf, encodeProtobuf } from './protobuf.ts';

/** Upstream's round-trip fixtures, beside the clone. They are there in CI: without them this fails, it does not skip. */
function samplesFolder(): string {
  const root = resolve(import.meta.dirname, '../../../..');
  const candidates = [process.env['RHYTHM_SHARED'], join(root, '../shared'), join(root, '../../shared')].filter((path) => path !== undefined);
  const found = candidates.map((path) => join(path, 'kubernetes-api/wire-samples')).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`the wire samples are in none of ${candidates.join(', ')}`);
  return found;
}

const folder = samplesFolder();
const samples = readdirSync(folder).filter((name) => name.endsWith('.pb')).map((name) => name.slice(0, -3));

function kindOf(sample: string): { group: string; version: string; kind: string } {
  const parts = sample.split('.');
  const kind = parts.pop() ?? '';
  const version = parts.pop() ?? '';
  const group = parts.join('.');
  return { group: group === 'core' ? '' : group, version, kind };
}

describe('upstream wire samples', () => {
  it('are all there', () => expect(samples).toHaveLength(48));

  it.each(samples)('%s decodes to its JSON and encodes back to the same bytes', (sample) => {
    const gvk = kindOf(sample);
    const bytes = new Uint8Array(readFileSync(join(folder, `${sample}.pb`)));
    const json = JSON.parse(readFileSync(join(folder, `${sample}.json`), 'utf8')) as Record<string, unknown>;
    const schema = schemaFor(gvk.group, gvk.version, gvk.kind);
    if (schema === undefined) throw new Error(`no schema for ${sample}`);
    const { object } = decodeProtobuf(bytes, gvk);
    expect(object).toEqual(canonicalise(schema, structuredClone(json)));
    expect(encodeProtobuf(gvk, object)).toEqual(bytes);
    expect(encodeProtobuf(gvk, json)).toEqual(bytes);
  });
});

import { readDescriptions, type Descriptions } from '@rhythm/api';
import { causeChain, type Log } from '@rhythm/base';
import { readFile, stat } from 'node:fs/promises';
import { hashOf } from './content-hash.ts';

/** Where the words of `kubectl explain` come from. They may appear, or change, while the server runs. */
export interface DescriptionSource {
  /** Names the present content; '' when there are none. */
  stamp(): Promise<string>;
  /** `undefined` when there are none. Costs some milliseconds: nothing is kept. */
  read(): Promise<Descriptions | undefined>;
}

export const noSource: DescriptionSource = { stamp: () => Promise.resolve(''), read: () => Promise.resolve(undefined) };

const fileBytesMax = 16 * 1024 * 1024;

/** A file that tools/descriptions.ts has written. Without it, or when it is damaged, documents have no descriptions, and the log says so. */
export function descriptionFile(path: string, log: Log): DescriptionSource {
  let known = { state: '', hash: '' };
  return {
    async stamp() {
      const found = await stat(path).catch(() => undefined);
      const state = found?.isFile() === true && found.size <= fileBytesMax ? `${found.mtimeMs} ${found.size}` : '';
      // By their content: another server's file was written at another time.
      if (state !== known.state) known = { state, hash: state === '' ? '' : hashOf(await readFile(path).catch(() => '')) };
      return known.hash;
    },
    async read() {
      try {
        return readDescriptions(await readFile(path, 'utf8'));
      } catch (error) {
        log.warn('OpenAPI documents are without descriptions: `kubectl explain` shows names and types only', { file: path, cause: causeChain(error) });
        return undefined;
      }
    },
  };
}

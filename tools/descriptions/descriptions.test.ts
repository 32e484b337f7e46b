import { expect, it } from 'vitest';
import { tar } from '../../apps/cli/src/images/tar.ts';
import { classSource, collect, fileSource } from './collect.ts';
import { docComments } from './doc-comments.ts';
import { untar } from './untar.ts';

const classes = `/**
 * Kubernetes
 * NOTE: This class is auto generated
 */
import { V1Spec } from './V1Spec.js';
/**
* Thing is a thing. It has a spec.
*/
export declare class V1Thing {
    /**
    * \\"apps\\" and the user\\'s own.
    */
    '_default'?: string;
    'spec'?: V1Spec;
    /**
    * Words of 1.36.
    */
    'words': {
        [key: string]: string;
    };
    static readonly discriminator: string | undefined;
}
`;
const files = `import { Time } from "../meta/v1";
/**
 * Thing is a thing.
 *
 * It has a spec.
 */
export interface Thing {
    /** old words */
    words: string;
    /** What is wanted. */
    readonly spec?: Spec;
    "x-y"?: string;
}
export interface Bare {
    kind?: string;
}
`;

it('reads the comments of types and members', () => {
  const type = docComments(classes).get('V1Thing');
  expect(type?.text).toBe('Thing is a thing. It has a spec.');
  expect([...(type?.members ?? [])]).toEqual([['_default', `"apps" and the user's own.`], ['words', 'Words of 1.36.']]);
  const other = docComments(files);
  expect(other.get('Thing')?.text).toBe('Thing is a thing.\n\nIt has a spec.');
  expect([...(other.get('Thing')?.members ?? [])]).toEqual([['words', 'old words'], ['spec', 'What is wanted.']]);
  expect(other.get('Bare')).toEqual({ text: '', members: new Map() });
});

it('takes the newer words, the line breaks of the older, and only what is asked for', () => {
  const newer = classSource(docComments(classes), () => new Map([['_default', 'default']]));
  const older = fileSource(new Map([['core/v1', docComments(files)]]));
  const asked = new Map([['io.k8s.api.core.v1.Thing', ['default', 'spec', 'words', 'none']], ['io.k8s.api.core.v1.Other', ['a']]]);
  expect(collect(asked, newer, older)).toEqual({
    'io.k8s.api.core.v1.Thing': ['Thing is a thing.\n\nIt has a spec.', { default: `"apps" and the user's own.`, spec: 'What is wanted.', words: 'Words of 1.36.' }],
  });
});

it('prefers the class that has the name of the group', () => {
  const type = (text: string) => ({ text, members: new Map<string, string>() });
  const source = classSource(new Map([['V1Event', type('?')], ['CoreV1Event', type('core')], ['EventsV1Event', type('events')], ['V2Metric', type('two')]]), () => new Map());
  const text = (name: string) => source.find(name)?.text;
  expect([text('io.k8s.api.core.v1.Event'), text('io.k8s.api.events.v1.Event'), text('io.k8s.api.autoscaling.v2.Metric'), text('io.k8s.api.autoscaling.v1.Metric')]).toEqual(['core', 'events', 'two', undefined]);
});

it('unpacks the files of an archive, and notices when it is cut short', () => {
  const archive = tar([
    { type: 'directory', path: 'package' },
    { type: 'file', path: 'package/a.txt', content: Buffer.from('a'.repeat(513)) },
    { type: 'symlink', path: 'package/l', target: 'a.txt' },
    { type: 'file', path: 'package/b.txt', content: Buffer.alloc(0) },
  ]);
  expect([...untar(archive)].map(([path, content]) => [path, content.length])).toEqual([['package/a.txt', 513], ['package/b.txt', 0]]);
  expect(() => [...untar(archive.subarray(0, 1536))]).toThrow('cut short');
});

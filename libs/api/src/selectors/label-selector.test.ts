import { describe, expect, test } from 'vitest';
import { formatLabelSelector, formatRequirements, matcherOfMap, matcherOfSelector, validateLabelSelector } from './label-selector.ts';
import { parseLabelSelector } from './parse-label-selector.ts';

const web = { app: 'web', tier: 'front', in: 'x', level: '7' };

describe('text', () => {
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    [' app = web , tier = front ', true],
    ['app=web,tier=back', false],
    ['app!=web', false],
    ['missing!=web', true],
    ['app in (web, db)', true],
    ['app in (db)', false],
    ['app notin (db)', true],
    ['missing notin (db)', true],
    ['app', true],
    ['missing', false],
    ['!missing', true],
    ['!app', false],
    ['in=x', true],
    ['in in (x)', true],
    ['level>6', true],
    ['level<7', false],
    ['app>1', false],
    ['app=', false],
    ['missing=', false],
    ['app in (,web)', true],
    ['constructor', false],
    ['!__proto__x', true],
  ])('%s', (text, expected) => {
    if (text.includes('__proto__')) return expect(() => parseLabelSelector(text)).toThrow('name part must consist');
    return expect(parseLabelSelector(text).matches(web)).toBe(expected);
  });

  test.each([
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['app=web,', "found '', expected: identifier after ','"],
    ['app=web tier', "found 'tier', expected: ',' or 'end of string'"],
    ['app IN (a)', "unable to parse requirement: found 'IN', expected: in, notin, =, ==, !=, gt, lt"],
    ['app in a', "unable to parse requirement: found 'a' expected: '('"],
    ['app in (a', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['app==(', "unable to parse requirement: found '(', expected: identifier"],
    ['app=====x', "unable to parse requirement: found '==', expected: identifier"],
    ['app=' + 'x'.repeat(64), 'must be no more than 63 bytes'],
  ])('%s is refused', (text, message) => expect(() => parseLabelSelector(text)).toThrow(message));

  test('is written back in order of keys', () => {
    expect(formatRequirements(parseLabelSelector('z,!y,x in (b,a),w!=1').requirements)).toBe('w!=1,x in (a,b),!y,z');
  });
});

describe('object', () => {
  test('absent matches nothing, empty matches everything', () => {
    expect(matcherOfSelector(undefined).matches(web)).toBe(false);
    expect(matcherOfSelector({}).matches({})).toBe(true);
    expect(matcherOfMap({}).matches(web)).toBe(false);
    expect(matcherOfMap({ app: 'web' }).matches(web)).toBe(true);
  });

  test('all of matchLabels and matchExpressions must hold', () => {
    const selector = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['back'] }, { key: 'gone', operator: 'DoesNotExist' }] };
    expect(matcherOfSelector(selector).matches(web)).toBe(true);
    expect(matcherOfSelector(selector).matches({ app: 'web', gone: '' })).toBe(false);
    expect(formatLabelSelector(selector)).toBe('app=web,!gone,tier notin (back)');
  });

  test('inherited names are not labels', () => {
    expect(matcherOfSelector({ matchExpressions: [{ key: 'toString', operator: 'Exists' }] }).matches(web)).toBe(false);
  });

  test('is validated in the words of apimachinery', () => {
    expect(validateLabelSelector({ matchExpressions: [{ key: 'a', operator: 'In' }] }, 'spec.selector')).toEqual([
      { type: 'FieldValueRequired', field: 'spec.selector.matchExpressions[0].values', message: "Required value: must be specified when `operator` is 'In' or 'NotIn'" },
    ]);
    expect(validateLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] }, 's')[0]?.message).toBe(
      'Invalid value: "Like": not a valid selector operator',
    );
    expect(validateLabelSelector({ matchLabels: { a: 'b c' } }, 's')[0]).toMatchObject({ field: 's.matchLabels', type: 'FieldValueInvalid' });
  });
});

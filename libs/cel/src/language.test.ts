import { describe, expect, test } from 'vitest';
import { Budget, dynType, Environment, EvaluationError, BudgetError, CompileError, intType, listOf, mapOf, objectOf, stringType, toCel, fromCel, boolType, type Type } from './index.ts';

const budget = (): Budget => new Budget(1_000_000);
const plain = new Environment({ variables: {} });
const value = (source: string): unknown => fromCelText(plain.compile(source).evaluate({}, budget()));

function fromCelText(result: unknown): unknown {
  try {
    return fromCel(result as never);
  } catch {
    return result;
  }
}

/** Expressions that are true, by area (cel-spec, cel-go ext and Kubernetes' documentation of its libraries). */
const truths: Readonly<Record<string, readonly string[]>> = {
  literals: [
    '1 == 1', '0x1F == 31', '-5 == 0 - 5', '1.5e3 == 1500.0', '1u + 2u == 3u', '"a\\n" == "a" + "\\x0a"', 'r"\\n" == "\\\\n"', '"\\u00e9" == "é"', '"\\x41\\101" == "AA"', 'b"\\xff" != b"a"',
    '"""a\nb""".size() == 3', '[1, 2][1] == 2', '{"a": 1}["a"] == 1', '{1: "x"}[1] == "x"', 'null == null', '[1, 2,].size() == 2', '-9223372036854775808 < 0', '.5 + 1.0 == 1.5', "'it\\'s' == \"it's\"",
  ],
  arithmetic: ['7 / 2 == 3', '-7 / 2 == -3', '-7 % 3 == -1', '2 * 3 + 4 == 10', '2 + 3 * 4 == 14', '10 - 4 - 3 == 3', '"a" + "b" == "ab"', '[1] + [2] == [1, 2]', '1.0 / 0.0 > 1.0', '!(1 > 2)', '!!true', 'b"a" + b"b" == b"ab"'],
  equality: ['dyn(1) == dyn(1.0)', 'dyn(1) == dyn(1u)', 'dyn(1) != dyn("1")', '1 < 2.5', '2u > 1', '[1, [2]] == [1, [2]]', '{"a": [1], "b": 2} == {"b": 2, "a": [1]}', '"a" < "b"', '"Z" < "a"', 'b"a" < b"b"', 'false < true', '"\\uffff" < "\\U00010000"'],
  logic: ['true || 1/0 == 1', '1/0 == 1 || true', '!(false && 1/0 == 1)', '!(1/0 == 1 && false)', 'true ? true : 1/0 == 1', '[1, 0].exists(x, 1 / x == 1)', '![1, 0].all(x, 1 / x == 2)'],
  membership: ['1 in [1, 2]', '!(3 in [1, 2])', '"a" in {"a": 1}', '!("b" in {"a": 1})', 'dyn(1.0) in [1]'],
  macros: [
    '[1, 2, 3].all(x, x > 0)', '[1, 2, 3].exists(x, x == 2)', '[1, 2, 3].exists_one(x, x > 2)', '![1, 2, 3].exists_one(x, x > 1)', '[1, 2, 3].map(x, x * 2) == [2, 4, 6]', '[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]',
    '[1, 2, 3].filter(x, x % 2 == 1) == [1, 3]', '{"a": 1, "b": 2}.all(k, k in ["a", "b"])', '{"a": 1}.map(k, k) == ["a"]', 'has({"a": 1}.a)', '!has({"a": 1}.b)', '[[1], [2]].all(x, x.all(y, y > 0))',
    '[1, 2].all(i, v, v == i + 1)', '{"a": 1}.exists(k, v, k == "a" && v == 1)', '[3, 4].transformList(i, v, i * v) == [0, 4]', '{"a": 1}.transformMap(k, v, v + 1) == {"a": 2}', '[1, 2].transformMap(i, v, v > 1, v) == {1: 2}',
    '{"a": "b"}.transformMapEntry(k, v, {v: k}) == {"b": "a"}', 'cel.bind(x, 3, x * x) == 9', '[1].exists(x, cel.bind(y, x, y == 1))',
  ],
  conversions: [
    'int("42") == 42', 'int(3.9) == 3', 'int(-3.9) == -3', 'uint("7") == 7u', 'double("1e3") == 1000.0', 'string(1.0) == "1"', 'string(1e30) == "1e+30"', 'string(true) == "true"', 'bool("true")', 'string(b"abc") == "abc"', 'bytes("é").size() == 2',
    'type(1) == int', 'type("") == string', 'type([]) == list', 'type(type(1)) == type', 'type(duration("1s")) == google.protobuf.Duration', 'size("é€😀") == 3', 'size([1, 2]) == 2', 'size({"a": 1}) == 1',
  ],
  times: [
    'timestamp("2024-02-29T12:00:00Z") < timestamp("2024-03-01T00:00:00Z")', 'timestamp("2024-01-01T00:00:00Z") + duration("36h") == timestamp("2024-01-02T12:00:00Z")', 'duration("1h30m") == duration("90m")', 'string(duration("1h0.5s")) == "3600.500s".replace("500s", "5s")',
    'timestamp("2024-02-29T12:30:45.123Z").getFullYear() == 2024', 'timestamp("2024-02-29T12:30:45.123Z").getMonth() == 1', 'timestamp("2024-02-29T12:30:45.123Z").getDate() == 29', 'timestamp("2024-02-29T12:30:45.123Z").getDayOfMonth() == 28',
    'timestamp("2024-02-29T12:30:45.123Z").getDayOfWeek() == 4', 'timestamp("2024-12-31T00:00:00Z").getDayOfYear() == 365', 'timestamp("2024-02-29T12:30:45.123Z").getHours("+02:00") == 14', 'timestamp("2024-07-01T12:00:00Z").getHours("America/New_York") == 8',
    'timestamp("2024-02-29T12:30:45.123Z").getMilliseconds() == 123', 'string(timestamp("1969-12-31T23:59:59.5Z")) == "1969-12-31T23:59:59.5Z"', 'int(timestamp("1970-01-01T00:01:00Z")) == 60', 'timestamp(60) == timestamp("1970-01-01T00:01:00Z")', 'duration("-1.5s") < duration("0s")',
    'duration("3661s").getHours() == 1', 'duration("3661s").getMinutes() == 61', 'timestamp("2024-01-01T00:00:01Z") - timestamp("2024-01-01T00:00:00Z") == duration("1s")',
  ],
  strings: [
    '"hello".startsWith("he")', '"hello".endsWith("lo")', '"hello".contains("ell")', '"hello".matches("^h.*o$")', 'matches("hello", "l+")', '"tacocat".indexOf("ac") == 1', '"tacocat".indexOf("z") == -1', '"tacocat".lastIndexOf("at") == 5', '"aXbX".indexOf("X", 2) == 3',
    '"TacoCat".lowerAscii() == "tacocat"', '"É".lowerAscii() == "É"', '"a".upperAscii() == "A"', '"hello hello".replace("he", "we") == "wello wello"', '"hello hello".replace("he", "we", 1) == "wello hello"', '"a b c".split(" ") == ["a", "b", "c"]',
    '"a b c".split(" ", 2) == ["a", "b c"]', '"a b".split(" ", 0) == []', '"tacocat".substring(4) == "cat"', '"tacocat".substring(0, 4) == "taco"', '"😀bc".substring(1) == "bc"', '"😀bc".indexOf("c") == 2', '"  trim\\n ".trim() == "trim"',
    '["a", "b"].join("-") == "a-b"', '["a", "b"].join() == "ab"', '"abc".charAt(1) == "b"', 'strings.quote("a\\"b") == "\\"a\\\\\\"b\\""', '"%s is %d, %.2f %x %b %%".format(["a", 5, 1.5, 255, 5]) == "a is 5, 1.50 ff 101 %"', '"%s".format([[1, "a", {"k": null}]]) == "[1, a, {k: null}]"', '"abc".reverse() == "cba"',
  ],
  optionals: ['optional.of(1).hasValue()', '!optional.none().hasValue()', 'optional.of(1).value() == 1', 'optional.none().orValue(2) == 2', 'optional.of(1).or(optional.of(2)).value() == 1', '{"a": {"b": 1}}.?a.?b.orValue(0) == 1', '{"a": {"b": 1}}.?x.?b.orValue(0) == 0', '[1][?3].orValue(7) == 7', 'optional.of(2).optMap(x, x * 2).value() == 4', '[?optional.none(), ?optional.of(1)] == [1]', '{?"a": optional.none()} == {}', 'optional.ofNonZeroValue("").hasValue() == false', 'has({"a": {"b": 1}}.?a.b)'],
  sets: ['sets.contains([1, 2, 3], [2])', '!sets.contains([1], [2])', 'sets.equivalent([1, 2], [2, 1, 1])', 'sets.intersects([1], [1, 2])', 'sets.contains([1], [])'],
  lists: ['[1, 2, 3].isSorted()', '!["b", "a"].isSorted()', '[1, 3].sum() == 4', '[].sum() == 0', '[1.5, 1.5].sum() == 3.0', '[3, 1].min() == 1', '["a", "c"].max() == "c"', '[1, 2, 2].indexOf(2) == 1', '[1, 2, 2].lastIndexOf(2) == 2', '[duration("1s"), duration("2s")].sum() == duration("3s")'],
  regex: ['"abc 123".find("[0-9]+") == "123"', '"abc".find("[0-9]") == ""', '"1 2 3".findAll("[0-9]") == ["1", "2", "3"]', '"1 2 3".findAll("[0-9]", 2) == ["1", "2"]'],
  urls: ['url("https://example.com:443/path?k=v&k=w").getScheme() == "https"', 'url("https://example.com:443/path").getHost() == "example.com:443"', 'url("https://example.com:443/path").getPort() == "443"', 'url("https://[::1]:80/").getHostname() == "::1"', 'url("https://a.b/c d".replace(" ", "%20")).getEscapedPath() == "/c%20d"', 'url("https://a/?k=v&k=w").getQuery() == {"k": ["v", "w"]}', 'isURL("/absolute-path")', '!isURL("../relative")', '!isURL("https://a b")', 'url("/absolute-path").getHostname() == ""'],
  addresses: [
    'isIP("127.0.0.1")', 'isIP("::1")', '!isIP("127.0.0.256")', '!isIP("01.2.3.4")', 'isIP("::1", 6)', '!isIP("1.2.3.4", 6)', 'ip("192.168.0.1").family() == 4', 'ip("127.0.0.1").isLoopback()', 'ip("0.0.0.0").isUnspecified()', 'ip("169.254.1.1").isLinkLocalUnicast()', 'ip("224.0.0.1").isLinkLocalMulticast()', 'ip("8.8.8.8").isGlobalUnicast()',
    'ip.isCanonical("2001:db8::abcd")', '!ip.isCanonical("2001:DB8::ABCD")', 'string(ip("2001:db8:0:0:0:0:0:1")) == "2001:db8::1"', 'ip("::1") == ip("0:0:0:0:0:0:0:1")', 'isCIDR("192.168.0.0/24")', '!isCIDR("192.168.0.0/33")', 'cidr("192.168.0.0/24").containsIP("192.168.0.5")', '!cidr("192.168.0.0/24").containsIP(ip("192.168.1.5"))', 'cidr("192.168.0.0/24").containsCIDR("192.168.0.0/25")', '!cidr("192.168.0.0/25").containsCIDR("192.168.0.0/24")', 'cidr("192.168.0.7/24").ip() == ip("192.168.0.7")', 'string(cidr("192.168.0.7/24").masked()) == "192.168.0.0/24"', 'cidr("10.0.0.0/8").prefixLength() == 8',
  ],
  quantities: ['isQuantity("1.5Gi")', '!isQuantity("1.5 Gi")', 'quantity("1Gi").isGreaterThan(quantity("1G"))', 'quantity("500m").add(quantity("0.5")) == quantity("1")', 'quantity("50k").asInteger() == 50000', '!quantity("1500m").isInteger()', 'quantity("-1").sign() == -1', 'quantity("1").compareTo(quantity("2")) == -1', 'quantity("2").sub(1) == quantity("1")', 'quantity("1500m").asApproximateFloat() == 1.5'],
  semver: ['semver("1.2.3").major() == 1', 'isSemver("1.2.3-rc.1+build")', '!isSemver("v1.2")', 'isSemver("v1.2", true)', 'semver("v1.02", true).minor() == 2', 'semver("1.0.0-rc.1").isLessThan(semver("1.0.0"))', 'semver("1.0.0-rc.2").compareTo(semver("1.0.0-rc.10")) == -1', 'semver("1.0.0+a") == semver("1.0.0+b")'],
  formats: ['!format.dns1123Label().validate("my-name").hasValue()', 'format.dns1123Label().validate("My_Name").hasValue()', 'format.named("dns1123Subdomain").hasValue()', '!format.named("nonsense").hasValue()', '!format.datetime().validate("2024-01-01T00:00:00Z").hasValue()', 'format.uuid().validate("x").value()[0].size() > 0'],
  patches: ['jsonpatch.escapeKey("k8s.io/my~label") == "k8s.io~1my~0label"'],
};

describe.each(Object.entries(truths))('%s', (_area, sources) => {
  test.each(sources)('%s', (source) => {
    expect(value(source)).toBe(true);
  });
});

test.each([
  ['1 +', "ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting an expression\n | 1 +\n | ...^"],
  ['missing', "ERROR: <input>:1:1: undeclared reference to 'missing' (in container '')\n | missing\n | ^"],
  ['1 + "a"', "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + \"a\"\n | ..^"],
  ['true &&\n  1 == "a"', "ERROR: <input>:2:5: found no matching overload for '_==_' applied to '(int, string)'\n |   1 == \"a\"\n | ....^"],
  ['"a".nothing()', "ERROR: <input>:1:12: undeclared reference to 'nothing' (in container '')\n | \"a\".nothing()\n | ...........^"],
  ['"a".size(1)', "found no matching overload for 'size' applied to 'string.(int)'"],
  ['1 ? 2 : 3', "expected type 'bool' but found 'int'"],
  ['has(1)', 'invalid argument to has() macro'],
  ['[1].all(1, true)', 'argument must be a simple name'],
  ['(1).a', "type 'int' does not support field selection"],
  ['1.all(x, true)', "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"],
  ['{1.5: 2}', 'unsupported map key type: double'],
  ['namespace == 1', 'reserved identifier: namespace'],
  ['9223372036854775808', 'invalid int literal'],
  ['"\\z"', 'invalid escape sequence'],
  ['"open', 'token recognition error'],
  ['1 = 2', "token recognition error at: '='"],
  ['('.repeat(1000), 'recursion limit'],
  [`${'!'.repeat(1000)}true`, 'recursion limit'],
  [`1${'+1'.repeat(1000)}`, 'recursion limit'],
  ['Nothing{a: 1}', "undeclared reference to 'Nothing'"],
])('%s does not compile', (source, message) => {
  expect(() => plain.compile(source)).toThrow(message);
});

test('long chains of && and || are no deep trees', () => {
  expect(value(`true${' && true'.repeat(5000)}`)).toBe(true);
});

test.each([
  ['1 / 0', 'division by zero'],
  ['1 % 0', 'modulus by zero'],
  ['9223372036854775807 + 1', 'integer overflow'],
  ['0u - 1u', 'unsigned integer overflow'],
  ['[1][1]', 'index out of bounds: 1'],
  ['{"a": 1}["b"]', 'no such key: b'],
  ['dyn({"a": 1}).b', 'no such key: b'],
  ['dyn(1) + dyn("a")', 'no such overload: _+_(int, string)'],
  ['dyn("a") && true', 'no such overload'],
  ['int("x")', 'invalid syntax'],
  ['duration("1x")', 'invalid duration'],
  ['timestamp("2024")', 'invalid timestamp'],
  ['"a".matches("(")', 'error parsing regexp'],
  ['quantity("x")', 'quantities must match'],
  ['ip("x")', 'parse error'],
  ['optional.none().value()', 'optional.none() dereference'],
  ['[].min()', 'min called on empty list'],
  ['timestamp("9999-12-31T23:59:59Z") + duration("24h")', 'timestamp out of range'],
  ['{"a": 1, "a": 2}', 'repeated key'],
])('%s fails', (source, message) => {
  const program = plain.compile(source);
  expect(() => program.evaluate({}, budget())).toThrow(EvaluationError);
  expect(() => program.evaluate({}, budget())).toThrow(message);
});

describe('typed objects', () => {
  const type = objectOf('Widget', { size: intType, name: stringType, tags: listOf(stringType), nested: objectOf('Widget.nested', { deep: intType }), labels: mapOf(stringType, stringType), __namespace__: stringType, a__dash__b: stringType, any: dynType });
  const environment = new Environment({ variables: { self: type, oldSelf: type, 'authorizer.requestResource': stringType } });
  const self = toCel({ size: 3, name: 'x', tags: ['a'], labels: { 'a.b/c': 'd' }, namespace: 'n', 'a-b': 'c', any: { deep: [1, 2.5] }, unknown: 1 }, type);
  const run = (source: string): unknown => environment.compile(source).evaluate({ self, 'authorizer.requestResource': 'r' }, budget());

  test.each([
    'self.size == 3', 'self.name == "x"', 'has(self.size)', '!has(self.nested)', 'self.labels["a.b/c"] == "d"', 'self.__namespace__ == "n"', 'self.a__dash__b == "c"', 'self.any.deep[1] == 2.5', 'self.tags.all(t, t.size() == 1)',
    'self == self', 'authorizer.requestResource == "r"', 'self.?nested.deep.orValue(9) == 9', '!has(self.nested) || self.nested.deep > 0', 'self.`a__dash__b` == "c"',
  ])('%s', (source) => {
    expect(run(source)).toBe(true);
  });

  test('what is not declared is not there', () => {
    expect(() => environment.compile('self.unknown')).toThrow("undefined field 'unknown'");
    expect(() => environment.compile('self.size', boolType)).toThrow('must evaluate to bool');
    expect(() => environment.compile('self.size == "a"')).toThrow(CompileError);
    expect(() => run('self.nested.deep == 1')).toThrow('no such key: nested');
    expect(() => run('oldSelf.size')).toThrow('no such attribute');
  });

  test('an object literal', () => {
    const made = new Environment({ variables: {}, types: [objectOf('Object', { spec: objectOf('Object.spec', { replicas: intType }) }), objectOf('Object.spec', { replicas: intType })] });
    expect(fromCel(made.compile('Object{spec: Object.spec{replicas: 3}}').evaluate({}, budget()))).toEqual({ spec: { replicas: 3 } });
    expect(() => made.compile('Object{spec: Object.spec{replica: 3}}')).toThrow("undefined field 'replica'");
    expect(() => made.compile('Object{spec: Object.spec{replicas: "3"}}')).toThrow("expected type of field 'replicas' is 'int' but provided type is 'string'");
  });

  test('sets and keyed lists compare without order and merge', () => {
    const set: Type = { kind: 'list', of: stringType, keyFields: [] };
    const keyed: Type = { kind: 'list', of: objectOf('Item', { k: stringType, v: intType }), keyFields: ['k'] };
    const lists = new Environment({ variables: { a: set, b: set, x: keyed, y: keyed } });
    const inputs = { a: toCel(['p', 'q'], set), b: toCel(['q', 'p'], set), x: toCel([{ k: '1', v: 1 }, { k: '2', v: 2 }], keyed), y: toCel([{ k: '2', v: 3 }, { k: '3', v: 4 }], keyed) };
    for (const source of ['a == b', '(a + ["r", "p"]).size() == 3', 'x != y', '(x + y).map(i, i.v) == [1, 3, 4]']) expect(lists.compile(source).evaluate(inputs, budget()), source).toBe(true);
  });
});

describe('cost', () => {
  test('an evaluation ends when its budget does, whatever would absorb an error', () => {
    const source = '[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, a + b + c > 0)))';
    expect(() => plain.compile(`${source} || true`).evaluate({}, new Budget(1000))).toThrow(BudgetError);
    expect(plain.compile(source).evaluate({}, budget())).toBe(true);
  });

  test('long texts cost more', () => {
    const environment = new Environment({ variables: { s: stringType } });
    const left = (source: string, s: string): number => {
      const budgetOf = budget();
      environment.compile(source).evaluate({ s }, budgetOf);
      return 1_000_000 - budgetOf.left;
    };
    expect(left('s.contains("abc")', 'x'.repeat(10_000))).toBeGreaterThan(300);
    expect(left('s.contains("abc")', 'x')).toBeLessThan(5);
    expect(left('s.matches("a+b+")', 'x'.repeat(10_000))).toBeGreaterThan(1000);
  });

  test('a regular expression that backtracks elsewhere is linear here', () => {
    expect(value(`"${'a'.repeat(5000)}!".matches("^(a+)+$")`)).toBe(false);
  });

  test('the estimate follows the bounds of types', () => {
    const bounded = new Environment({ variables: { l: { kind: 'list', of: { kind: 'string', bound: 10 }, bound: 5 }, s: { kind: 'string', bound: 100 } } });
    expect(bounded.compile('s == "a"').costMax).toBeLessThan(15);
    expect(bounded.compile('l.all(x, x == "a")').costMax).toBeLessThan(30);
    expect(bounded.compile('l.all(x, l.all(y, x == y))').costMax).toBeGreaterThan(75);
    const unbounded = new Environment({ variables: { l: listOf(stringType) } });
    expect(unbounded.compile('l.all(x, x == "a")').costMax).toBe(Infinity);
    expect(unbounded.compile('l.size() > 3').costMax).toBeLessThan(10);
  });
});

/**
 * One YAML file read strictly: size, depth and character limits, one document, no aliases, anchors, tags or merge keys,
 * duplicate keys reported; every node keeps its line and column. Pure.
 */
import { type Document, isAlias, isMap, isScalar, LineCounter, type ParsedNode, parseAllDocuments, visit } from 'yaml';
import type { Finding, Path, Problem } from './problem.js';

/** Largest file taken, in characters, and deepest nesting. */
export const FILE_LIMIT = 256 * 1024;
export const DEPTH_LIMIT = 20;
/** Open brackets at which a text is hostile whatever it means: nested flow collections parse in quadratic time. */
const BRACKET_LIMIT = 200;
/** Control characters but tab and line ends, the overrides that make a text read otherwise than it is, and byte order marks within. */
const HIDDEN = /[^\P{Cc}\t\n\r]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]|(?<!^)\ufeff/u;

/** A file that could be read: its plain data, what is wrong with it so far, and where everything stands. */
export interface SourceText {
  data: unknown;
  problems: Problem[];
  locate(finding: Finding): Problem;
}

/** Reads a file as far as it goes; `data` is undefined when nothing can be said about its content. */
export function readYaml(text: string, file: string): SourceText {
  const counter = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const hopeless = hostile(text);
  if (hopeless) {
    const { offset, ...finding } = hopeless;
    // Nothing was parsed, so nobody has told the counter where lines begin.
    for (const { index } of text.matchAll(/^/gm)) counter.addNewLine(index);
    return unreadable({ ...finding, ...place(offset) });
  }
  const documents = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false, stringKeys: true });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (!document?.contents || (isScalar(document.contents) && document.contents.value === null))
    return unreadable({ ...EMPTY, ...place(0) });
  const problems = syntax(document, place);
  if (second) problems.push({ ...SECOND, ...place(second.range[0]) });
  const locate = (finding: Finding): Problem => {
    const { path, at, ...rest } = finding;
    return { ...rest, ...place(offsetOf(document.contents, path, at ?? 'value')) };
  };
  const fatal = problems.some(({ code }) => code !== 'duplicateKey');
  return { data: fatal ? undefined : document.toJS(), problems, locate };
}

const EMPTY = { code: 'empty', message: 'the file is empty', remedy: 'begin with `version: 1`' };
const SECOND = {
  code: 'severalDocuments',
  message: 'a second document begins here',
  remedy: 'keep one document per file and remove the `---`',
};

function unreadable(problem: Problem): SourceText {
  const locate = ({ path: _path, at: _at, ...rest }: Finding): Problem => ({ ...problem, ...rest });
  return { data: undefined, problems: [problem], locate };
}

interface Hopeless {
  offset: number;
  code: string;
  message: string;
  remedy: string;
}

function hostile(text: string): Hopeless | null {
  if (text.length > FILE_LIMIT) {
    const message = `the file has ${text.length} characters; at most ${FILE_LIMIT} are read`;
    return { offset: 0, code: 'tooLarge', message, remedy: 'move long texts such as queries into files of their own' };
  }
  const hidden = HIDDEN.exec(text);
  if (hidden) {
    const code = hidden[0].codePointAt(0)?.toString(16).padStart(4, '0');
    const message = `the invisible character U+${code} stands here`;
    return { offset: hidden.index, code: 'hiddenCharacter', message, remedy: 'remove it' };
  }
  let open = 0;
  for (let offset = 0; offset < text.length; offset++) {
    const char = text[offset];
    if (char === '[' || char === '{') open++;
    else if (char === ']' || char === '}') open--;
    if (open > BRACKET_LIMIT) return { offset, ...tooDeep };
  }
  return null;
}

const tooDeep = {
  code: 'tooDeep',
  message: `the file nests deeper than ${DEPTH_LIMIT} levels`,
  remedy: 'no legal file needs more than six; look for a bracket that is never closed',
};

type Place = (offset: number) => Pick<Problem, 'file' | 'line' | 'column'>;

function syntax(document: Document.Parsed, place: Place): Problem[] {
  const problems: Problem[] = [...document.errors, ...document.warnings]
    .filter(({ code }) => code !== 'TAG_RESOLVE_FAILED')
    .map(({ code, message, pos }) =>
      code === 'DUPLICATE_KEY'
        ? { ...DUPLICATE, ...place(pos[0]) }
        : { code: 'yaml', message: `not YAML: ${message}`, remedy: 'mend the syntax', ...place(pos[0]) },
    );
  visit(document, (_key, node, path) => {
    const refused = refusal(node);
    const offset = offsetIn(node);
    if (refused) problems.push({ ...refused, ...place(offset) });
    // Pairs count in the path as well as the nodes in them.
    if (path.length <= 2 * DEPTH_LIMIT) return undefined;
    problems.push({ ...tooDeep, ...place(offset) });
    return visit.BREAK;
  });
  return problems;
}

const DUPLICATE = {
  code: 'duplicateKey',
  message: 'the key stands here a second time',
  remedy: 'keep one of the two: the second would silently win',
};

function refusal(node: unknown): { code: string; message: string; remedy: string } | null {
  if (isAlias(node)) return { code: 'alias', message: 'aliases are not read', remedy: 'write the value out here' };
  if (typeof node !== 'object' || node === null) return null;
  if ('anchor' in node && node.anchor) {
    return { code: 'alias', message: 'anchors are not read', remedy: 'remove the `&name`' };
  }
  if ('tag' in node && node.tag) {
    return {
      code: 'tag',
      message: 'tags are not read',
      remedy: 'remove the `!tag`; quote the value to make it a text',
    };
  }
  if (isMap(node)) {
    const merge = node.items.some(({ key }) => isScalar(key) && key.value === '<<');
    const prototype = node.items.some(({ key }) => isScalar(key) && key.value === '__proto__');
    if (prototype) return { code: 'badName', message: '`__proto__` is no name', remedy: 'choose another name' };
    if (merge) return { code: 'mergeKey', message: 'merge keys are not read', remedy: 'write the keys out here' };
  }
  return null;
}

function offsetIn(node: unknown): number {
  if (typeof node !== 'object' || node === null || !('range' in node)) return 0;
  return Array.isArray(node.range) ? Number(node.range[0]) : 0;
}

/** Offset of the deepest node of the path that exists: a missing key is reported at the mapping that lacks it. */
function offsetOf(root: ParsedNode | null, path: Path, at: 'key' | 'value'): number {
  let node: unknown = root;
  let offset = offsetIn(root);
  for (const [depth, part] of path.entries()) {
    const last = depth === path.length - 1;
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === part) : undefined;
    const child = pair
      ? pair.value
      : node && typeof node === 'object' && 'get' in node
        ? itemOf(node, part)
        : undefined;
    if (!pair && child === undefined) return offset;
    const key = pair ? offsetIn(pair.key) : offsetIn(child);
    // Where the walk stops short, the key of the innermost existing mapping says more than its first entry.
    offset = pair && (!last || at === 'key' || child === null) ? key : offsetIn(child);
    node = child;
  }
  return offset;
}

function itemOf(node: object, part: string | number): unknown {
  const items = 'items' in node && Array.isArray(node.items) ? node.items : [];
  return typeof part === 'number' ? items[part] : undefined;
}

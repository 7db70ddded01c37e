/**
 * The only PromQL a plan may write: one series selector, `name` or `name{label="value", ...}`. Functions, arithmetic and
 * ranges are refused, because counts are subtracted here and not extrapolated there. Pure.
 */
import { unreadable } from './unusable.js';

const SELECTOR = /^([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{([\s\S]*)\})?$/;
const MATCHER = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\n]|\\.)*")\s*(,|$)/y;

export interface Selector {
  name: string;
  /** Text between the braces, checked matcher by matcher. */
  matchers: string;
}

/** Parses a selector; anything more than one is an error that says what to write. */
export function parseSelector(text: string): Selector {
  const [, name = '', matchers = ''] = SELECTOR.exec(text.trim()) ?? [];
  if (name === '' || text.length > 2000)
    throw unreadable(
      'write a counter as name{label="value"}: no functions, ranges or $window; Sluice subtracts exactly',
    );
  MATCHER.lastIndex = 0;
  let at = 0;
  while (at < matchers.trimEnd().length) {
    MATCHER.lastIndex = at;
    const found = MATCHER.exec(matchers);
    if (found === null) throw unreadable(`the labels of ${name} cannot be read; write {label="value", ...}`);
    if (found[1] === '__name__') throw unreadable(`${name}: a selector names its metric once, before the braces`);
    at = MATCHER.lastIndex;
  }
  return { name, matchers: matchers.trim() };
}

/** PromQL of a selector with a suffix on its name, such as `_bucket`. */
export function selectorText({ name, matchers }: Selector, suffix = ''): string {
  return matchers === '' ? `${name}${suffix}` : `${name}${suffix}{${matchers}}`;
}

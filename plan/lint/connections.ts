/** Lint: plans name connections, the platform resolves them; raw URLs and paths only in development mode. */
import { NAME } from '../../workflows/contract/ids.js';
import { showValue } from '../problem.js';
import { looksSecret } from '../secrets.js';
import type { Finding, Path } from '../problem.js';
import type { Rule } from './context.js';

type Raw = 'path' | 'url' | 'none';

/** What may stand raw where one text is the whole connection. Scrapes and databases need more than one. */
export const namedConnections: Rule = ({ plan, mode }) => [
  ...check(plan.target.store, ['target', 'store'], 'path', mode),
  ...check(plan.candidate.registry, ['candidate', 'registry'], 'path', mode),
  ...Object.entries(plan.sources).flatMap(([name, { scrape, sql, prometheus }]) => [
    ...check(scrape, ['sources', name, 'scrape'], 'none', mode),
    ...check(sql, ['sources', name, 'sql'], 'none', mode),
    ...check(prometheus, ['sources', name, 'prometheus'], 'url', mode),
  ]),
];

function check(text: string | undefined, path: Path, raw: Raw, mode: string): Finding[] {
  if (text === undefined || NAME.test(text)) return [];
  const remedy = 'describe the connection in platform.yaml and write its name here';
  const legal = (raw === 'path' && PATH.test(text)) || (raw === 'url' && URL_TEXT.test(text));
  const shown = looksSecret(text) ? 'this' : `\`${showValue(text)}\``;
  if (legal && mode === 'development') {
    return [
      {
        code: 'rawConnection',
        warning: true,
        path,
        message: `${shown} is a raw ${raw}, legal in development mode only`,
        remedy,
      },
    ];
  }
  const raws = PATH.test(text) || URL_TEXT.test(text);
  const message = raws
    ? `${shown} is a raw URL or path; plans name connections`
    : `${shown} is no name: names have lower-case letters, digits and dashes`;
  return [{ code: raws ? 'rawConnection' : 'badValue', path, message, remedy }];
}

const PATH = /^\.{0,2}\/[A-Za-z0-9._/-]*$/;
const URL_TEXT = /^https?:\/\/[^\s]+$/;

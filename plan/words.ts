/** The small grammars every file shares: names, roles, versions, durations, shares, margins. zod; not for the sandbox. */
import { z } from 'zod';
import { parseMargin } from '../judge/margin.js';
import { isRolloutId, NAME } from '../workflows/contract/ids.js';
import { parseDuration, parseShare } from './quantities.js';

/** What docs and remedies know of a key. `standard` is the default in words where it is no constant. */
export interface Meaning {
  description: string;
  examples: [unknown, ...unknown[]];
  standard?: string;
}

/** Names that every JavaScript object answers to: as keys they would be found where nobody wrote them. */
const reserved = (text: string): boolean => text in Object.prototype;

const word = (grammar: RegExp, is: string, unlessText = is) =>
  z.string({ error: unlessText }).refine((text) => grammar.test(text) && !reserved(text), { error: is });

export const NAMED = 'a name has lower-case letters, digits and dashes, and at most 63 characters';

/** Models, tenants, stages, gates, metrics, sources, connections, people. `unlessText`: what is said of a list or mapping. */
export const name = (unlessText = NAMED) => word(NAME, NAMED, unlessText);

/** A model's name may not read like a rollout id, since commands take either. */
export const modelName = () =>
  name().refine((text) => !isRolloutId(text), { error: 'a model may not be named like a rollout id' });

/** Roles are words of an organisation: camelCase is common there. */
export const role = () =>
  word(/^[a-z][A-Za-z0-9-]{0,62}$/, 'a role begins with a lower-case letter and has letters, digits and dashes');

/** Attributes and columns of the application: `mailboxId`, `mail_type`. */
export const attribute = () =>
  word(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, 'an attribute has letters, digits and underscores, and begins with a letter');

/** Model versions and flag keys; versions become variant names, in which a colon has a meaning of its own. */
export const version = () =>
  word(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'a version is a text of letters, digits, dots, dashes and underscores; quote it if it looks like a number',
  );

/** Names a connection; whether a raw URL or path may stand here instead is a matter of mode, and lint's. */
export const connection = () =>
  z
    .string({ error: 'this names a connection of the platform file' })
    .min(1)
    .max(512)
    .refine((text) => !reserved(text), {
      error: 'this name is reserved',
    });

/** One line for people. */
export const sentence = () =>
  z
    .string({ error: 'this is a text' })
    .min(1, { error: 'the text may not be empty' })
    .max(500, { error: 'the text may have at most 500 characters' });

export const duration = () =>
  z
    .string({ error: 'a duration is written like 90s, 15m, 1h30m or 3d' })
    .refine((text) => parseDuration(text) !== null, {
      error: 'a duration is written like 90s, 15m, 1h30m or 3d, up to 400d',
    });

export const share = () =>
  z.string({ error: 'a share is written with a percent sign, like 25%' }).refine((text) => parseShare(text) !== null, {
    error: 'a share is written like 25% or 12.5%, from 0% to 100%, with at most three decimals',
  });

export const margin = () =>
  z
    .string({ error: 'a margin is written with its unit: 25%, 0.5pp, 20ms or 0.01abs' })
    .refine((text) => parseMargin(text) !== null, {
      error: 'a margin is written with its unit: 25% (relative), 0.5pp, 20ms or 0.01abs',
    });

export const count = (most: number) =>
  z
    .int({ error: 'this is a whole number' })
    .min(0, { error: 'this is at least 0' })
    .max(most, { error: `this is at most ${most}` });

/** A mapping from names to things. */
export const named = <T extends z.ZodType>(key: z.ZodString, value: T) =>
  z.record(key, value, { error: 'this is a mapping from names to settings' });
